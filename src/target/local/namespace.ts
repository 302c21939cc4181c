import { dirname } from 'node:path';
import type { PlannedCommand } from '../recipe.ts';

/** Where a namespaced server sees its own directory. */
export const rootInside = '/run/holdfast';

export interface Confinement {
  /** The server's directory as we see it. */
  readonly root: string;
  readonly uid: number;
  /** Folder of the server's programs. */
  readonly binaries: string;
}

/**
 * The same command inside namespaces of its own: no network, no view of other processes, an own user, and a file system
 * that is read-only but for the server's directory and empty temporary directories (unshare(1), namespaces(7)). What SQL
 * of a backup starts there (`COPY … TO PROGRAM`, an untrusted language) reaches nothing of this machine.
 *
 * The process ends when `unshare` does (--kill-child), and with the first process of a PID namespace all others end
 * (pid_namespaces(7)): no backend can outlive the tool. Needs root.
 */
export function confined(command: PlannedCommand, confinement: Confinement): PlannedCommand {
  const keep = hiddenFolderOf(confinement.binaries);
  return {
    program: 'unshare',
    args: [
      ...namespaces,
      '/bin/sh',
      '-c',
      script,
      'sh',
      confinement.root,
      String(confinement.uid),
      keep,
      command.program,
      ...command.args,
    ],
    ...(command.stdin === undefined ? {} : { stdin: command.stdin }),
  };
}

/** Files below `root` that `confined` needs: the server's user exists only in them. initdb refuses a user without a name. */
export function userFiles(uid: number): readonly { readonly path: string; readonly text: string }[] {
  return [
    { path: 'passwd', text: `root:x:0:0::/:/bin/sh\nholdfast:x:${uid}:${uid}::${rootInside}:/bin/sh\n` },
    { path: 'group', text: `root:x:0:\nholdfast:x:${uid}:\n` },
  ];
}

const namespaces = '--mount --propagation private --pid --net --ipc --uts --fork --kill-child'.split(' ');

const hidden = ['/tmp', '/var/tmp', '/dev/shm', '/run', '/home', '/root'];

/** Directly below a hidden directory: the folder that must be seen all the same because the programs are in it. */
function hiddenFolderOf(path: string): string {
  const parent = hidden.find((directory) => path.startsWith(`${directory}/`));
  if (parent === undefined) return '';
  let folder = path;
  while (dirname(folder) !== parent) folder = dirname(folder);
  return folder;
}

// The working directory is the way back to the server's directory after an empty one was mounted over its path; only the
// kernel can follow it then, so mount must not turn it into a path (--no-canonicalize).
const script = `
set -eu
umask 022
cd "$1"; uid=$2; keep=$3; shift 3
mount -t proc -o nosuid,nodev,noexec proc /proc
if [ -n "$keep" ]; then mkdir -p kept; mount --rbind "$keep" kept; fi
for directory in ${hidden.join(' ')}; do
  if [ -d "$directory" ] && [ ! -L "$directory" ]; then mount -t tmpfs -o nosuid,nodev,mode=1777 holdfast "$directory"; fi
done
mkdir ${rootInside}
mount --no-canonicalize --rbind . ${rootInside}
cd ${rootInside}
if [ -n "$keep" ]; then mkdir -p "$keep"; mount --rbind kept "$keep"; fi
mount --bind passwd /etc/passwd
mount --bind group /etc/group
while read -r _ _ _ _ point _; do
  case $point in
    /) mount -o remount,bind,ro,nosuid / ;;
    ${rootInside}|/proc|/proc/*|/tmp|/tmp/*|/var/tmp|/var/tmp/*|/dev/shm|/run/*|/home/*|/root/*) ;;
    *) mount -o remount,bind,ro,nosuid "$point" 2>/dev/null || true ;;
  esac
done </proc/self/mountinfo
unset OLDPWD
exec setpriv --reuid="$uid" --regid="$uid" --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all "$@"
`;
