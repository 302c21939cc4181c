import type { Json } from '../../base/json.ts';
import { inexactness } from './inventory-exact.ts';
import { digestOf, factOf, unlessEmpty, type InventoryPart, type Row } from './inventory-query.ts';
import { quoteName } from './quote.ts';
import { withTiedTriggers } from './tied-triggers.ts';

/** How the server reads a body: the same text under another sql_mode or character set is another program. */
const readAs = `SQL_MODE AS sqlMode, CHARACTER_SET_CLIENT AS client, COLLATION_CONNECTION AS connection, DATABASE_COLLATION AS databaseCollation`;

const triggers: InventoryPart = async ({ catalog, flavour }) => {
  const rows = await catalog.session.query<Row>(`
    SELECT TRIGGER_NAME AS name, EVENT_OBJECT_TABLE AS \`table\`, ACTION_TIMING AS timing, EVENT_MANIPULATION AS event,
      ACTION_ORDER AS position, DEFINER AS definer, ${digestOf('ACTION_STATEMENT', 'bodySha256')}, ${inexactness('ACTION_STATEMENT')}, ${readAs}
    FROM information_schema.TRIGGERS WHERE ${catalog.inDatabase('TRIGGER_SCHEMA')}`);
  const facts = rows.map((row) => factOf('trigger', row, ['name']));
  return flavour.keepsTriggerHeads ? withTiedTriggers(catalog, facts) : facts;
};

/** Procedures, functions, and MariaDB's packages with their bodies. Bodies that the login may not read have no digest. */
const routines: InventoryPart = async ({ catalog }) => {
  const rows = await catalog.session.query<Row>(`
    SELECT ROUTINE_NAME AS name, ROUTINE_TYPE AS type, DTD_IDENTIFIER AS result, CHARACTER_SET_NAME AS characterSet, COLLATION_NAME AS collation,
      ROUTINE_BODY AS bodyLanguage, EXTERNAL_LANGUAGE AS language, IS_DETERMINISTIC AS isDeterministic, SQL_DATA_ACCESS AS dataAccess,
      SECURITY_TYPE AS security, DEFINER AS definer, ${unlessEmpty('ROUTINE_COMMENT', 'comment')},
      ${digestOf('ROUTINE_DEFINITION', 'bodySha256')}, ${inexactness('ROUTINE_DEFINITION')}, ${readAs}
    FROM information_schema.ROUTINES WHERE ${catalog.inDatabase('ROUTINE_SCHEMA')}`);
  const parameters = await catalog.session.query<Row>(`
    SELECT ROUTINE_TYPE AS type, SPECIFIC_NAME AS name, PARAMETER_MODE AS mode, PARAMETER_NAME AS parameter,
      DTD_IDENTIFIER AS dataType, CHARACTER_SET_NAME AS characterSet, COLLATION_NAME AS collation
    FROM information_schema.PARAMETERS WHERE ${catalog.inDatabase('SPECIFIC_SCHEMA')} AND ORDINAL_POSITION > 0
    ORDER BY ROUTINE_TYPE, SPECIFIC_NAME, ORDINAL_POSITION`);
  const libraries = catalog.has('ROUTINE_LIBRARIES.LIBRARY_NAME')
    ? await catalog.session.query<Row>(`
        SELECT ROUTINE_TYPE AS type, ROUTINE_NAME AS name, ${catalog.inDatabase('LIBRARY_SCHEMA')} AS inside,
          LIBRARY_SCHEMA AS other, LIBRARY_NAME AS libraryName
        FROM information_schema.ROUTINE_LIBRARIES WHERE ${catalog.inDatabase('ROUTINE_SCHEMA')} ORDER BY LIBRARY_SCHEMA, LIBRARY_NAME`)
    : [];
  const parametersOf = Map.groupBy(parameters, routineName);
  const librariesOf = Map.groupBy(libraries, routineName);
  return rows.map((row) => {
    const name = routineName(row);
    const { value } = factOf('', row, ['type', 'name']);
    const used = (librariesOf.get(name) ?? []).map(({ inside, other, libraryName }) =>
      inside === '1' ? quoteName(libraryName ?? '') : `${quoteName(other ?? '')}.${quoteName(libraryName ?? '')}`,
    );
    return {
      kind: 'routine',
      name,
      value: {
        ...value,
        parameters: (parametersOf.get(name) ?? []).map(described),
        ...(used.length === 0 ? {} : { libraries: used }),
      },
    };
  });
};

/** `procedure `p1``: a procedure and a function may have one name. */
const routineName = ({ type, name }: Row): string => `${(type ?? '').toLowerCase()} ${quoteName(name ?? '')}`;

function described({
  mode = null,
  parameter = null,
  dataType = null,
  characterSet = null,
  collation = null,
}: Row): Json {
  const what = { mode, parameter, dataType, characterSet, collation };
  return Object.fromEntries(Object.entries(what).filter(([, value]) => value !== null));
}

/**
 * Times are those of the event's own time zone (MySQL manual, "The INFORMATION_SCHEMA EVENTS Table"). Left out are when it
 * last ran and the number of the server that made it.
 */
const events: InventoryPart = async ({ catalog }) => {
  const rows = await catalog.session.query<Row>(`
    SELECT EVENT_NAME AS name, EVENT_TYPE AS type, EXECUTE_AT AS executeAt, INTERVAL_VALUE AS intervalValue, INTERVAL_FIELD AS intervalField,
      STARTS AS starts, ENDS AS ends, TIME_ZONE AS timeZone, STATUS AS status, ON_COMPLETION AS onCompletion, EVENT_BODY AS bodyLanguage,
      DEFINER AS definer, ${unlessEmpty('EVENT_COMMENT', 'comment')}, ${digestOf('EVENT_DEFINITION', 'bodySha256')}, ${inexactness('EVENT_DEFINITION')}, ${readAs}
    FROM information_schema.EVENTS WHERE ${catalog.inDatabase('EVENT_SCHEMA')}`);
  return rows.map((row) => factOf('event', row, ['name']));
};

/** Code that routines of other languages use (MySQL 9.2 and later). Who made one is not part of its definition. */
const libraries: InventoryPart = async ({ catalog }) => {
  if (!catalog.has('LIBRARIES.LIBRARY_NAME')) return [];
  const rows = await catalog.session.query<Row>(`
    SELECT LIBRARY_NAME AS name, LANGUAGE AS language, SQL_MODE AS sqlMode, ${unlessEmpty('LIBRARY_COMMENT', 'comment')},
      ${digestOf('LIBRARY_DEFINITION', 'bodySha256')}
    FROM information_schema.LIBRARIES WHERE ${catalog.inDatabase('LIBRARY_SCHEMA')}`);
  return rows.map((row) => factOf('library', row, ['name']));
};

/** What runs in the server. */
export const codeParts: readonly InventoryPart[] = [triggers, routines, events, libraries];
