import { realpath, stat } from 'node:fs/promises';
import type { PlannedCommand } from '../recipe.ts';

/** Where a namespaced server sees its own directory. */
export const rootInside = '/run/holdfast';

export interface Confinement {
  /** The server's directory as we see it, and beside it an empty one, `view`, to build the server's file system on. */
  readonly root: string;
  readonly view: string;
  readonly uid: number;
  /** Folders that the server's programs need besides those of the system; shown under the same names. */
  readonly folders: readonly string[];
}

/**
 * The same command inside namespaces of its own: no network, no view of other processes, an own user, and a file system
 * made for it (unshare(1), namespaces(7), pivot_root(2)) that shows the system's programs and libraries, the server's own,
 * its directory and empty temporary ones, and nothing else. A network namespace does not keep anyone from a Unix socket
 * that has a path: a socket is out of reach only where no path leads to it. What SQL of a backup starts there
 * (`COPY … TO PROGRAM`, an untrusted language) reaches nothing of this machine.
 *
 * The process ends when `unshare` does (--kill-child), and with the first process of a PID namespace all others end
 * (pid_namespaces(7)): no backend can outlive the tool. Needs root.
 */
export function confined(command: PlannedCommand, confinement: Confinement): PlannedCommand {
  const { root, view, uid, folders } = confinement;
  return {
    program: 'unshare',
    args: [
      ...namespaces,
      '/bin/sh',
      '-c',
      script,
      'sh',
      root,
      view,
      String(uid),
      String(folders.length),
      ...folders,
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

/** Those of `folders` that are there and that no folder of the system shows already. */
export async function extraFolders(folders: readonly string[]): Promise<readonly string[]> {
  const shown = await Promise.all(systemFolders.map(async (path) => ({ path, dev: await deviceOf(path) })));
  const extra: string[] = [];
  for (const folder of await Promise.all(folders.map((path) => realpath(path).catch(() => undefined)))) {
    if (folder === undefined || extra.some((other) => isBelow(folder, other))) continue;
    // A folder on a disk of its own is not seen through the one that it is mounted in.
    const dev = await deviceOf(folder);
    if (!shown.some((system) => isBelow(folder, system.path) && system.dev === dev)) extra.push(folder);
  }
  return extra;
}

const isBelow = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);

async function deviceOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ dev }) => dev,
    () => undefined,
  );
}

const namespaces = '--mount --propagation private --pid --net --ipc --uts --fork --kill-child'.split(' ');

/**
 * Where systems keep programs and libraries. `/bin` and its like are often links into `/usr`; /etc/alternatives says which
 * of several programs or libraries a name means (Debian).
 */
const systemFolders = '/usr /bin /sbin /lib /lib32 /lib64 /libx32 /nix/store /gnu/store /etc/alternatives'.split(' ');

/** Where libraries are, and the time zone. */
const systemFiles = '/etc/ld.so.cache /etc/ld-musl-*.path /etc/localtime';

// A folder is shown through overlayfs where the kernel has it: what is reached through it has an inode of its own, so that
// even a socket that somebody put below /usr cannot be connected to. A bind mount is the same without that.
const script = `
set -eu
umask 022
PATH=$PATH:/usr/sbin:/sbin
root=$1; view=$2; uid=$3; count=$4; shift 4
mount -t tmpfs -o nosuid,nodev,mode=755 holdfast "$view"
cd "$view"
mkdir -p old empty etc proc tmp var/tmp dev/shm .${rootInside}
for directory in tmp var/tmp dev/shm; do
  mount -t tmpfs -o nosuid,nodev,mode=1777 holdfast "$directory"
done
show() {
  mkdir -p ".$1"
  case $1 in
    *[:,\\\\]*) ;;
    *) if mount -t overlay -o "ro,nosuid,nodev,lowerdir=$1:empty" holdfast ".$1" 2>/dev/null; then return; fi ;;
  esac
  mount -o bind,ro,nosuid,nodev "$1" ".$1"
}
links=
for folder in ${systemFolders.join(' ')}; do
  if [ -L "$folder" ]; then links="$links $folder"; elif [ -d "$folder" ]; then show "$folder"; fi
done
if [ -n "$links" ]; then cp -P $links .; fi
while [ "$count" -gt 0 ]; do
  show "$1"
  count=$((count - 1))
  shift
done
files=
for file in ${systemFiles}; do
  if [ -e "$file" ]; then files="$files $file"; fi
done
cp -P "$root/passwd" "$root/group" $files etc
for device in null zero full random urandom; do
  : >"dev/$device"
  mount -o bind,ro "/dev/$device" "dev/$device"
done
ln -s /proc/self/fd dev/fd
mount -t proc -o nosuid,nodev,noexec proc proc
mount -o bind,nosuid,nodev "$root" .${rootInside}
pivot_root . old
cd ${rootInside}
umount -l /old
rmdir /old
mount -o remount,bind,ro,nosuid,nodev /
unset OLDPWD
exec setpriv --reuid="$uid" --regid="$uid" --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all "$@"
`;
