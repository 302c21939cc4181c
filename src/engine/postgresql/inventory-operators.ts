import {
  firstUserOid,
  functionName,
  notOfExtension,
  operatorName,
  userSchemas,
  type InventoryQuery,
} from './inventory-query.ts';

const operators: InventoryQuery = {
  access: false,
  sql: () => `
    SELECT 'operator' AS kind, i.identity AS name,
      jsonb_strip_nulls(jsonb_build_object('function', ${functionName('o.oprcode::oid')}, 'merges', o.oprcanmerge, 'hashes', o.oprcanhash,
        'restriction', ${functionName('o.oprrest::oid')}, 'join', ${functionName('o.oprjoin::oid')},
        'commutator', ${operatorName('o.oprcom')}, 'negator', ${operatorName('o.oprnegate')})) AS value
    FROM pg_operator o
    CROSS JOIN LATERAL pg_identify_object('pg_operator'::regclass, o.oid, 0) i
    WHERE o.oid >= ${firstUserOid} AND ${notOfExtension('pg_operator', 'o.oid')} AND i.identity IS NOT NULL`,
};

const operatorClasses: InventoryQuery = {
  access: false,
  sql: () => `
    SELECT 'operator-class' AS kind, quote_ident(n.nspname) || '.' || quote_ident(o.opcname) || ' using ' || quote_ident(m.amname) AS name,
      jsonb_strip_nulls(jsonb_build_object('type', format_type(o.opcintype, NULL), 'default', o.opcdefault,
        'storage', CASE WHEN o.opckeytype <> 0 THEN format_type(o.opckeytype, NULL) END,
        'family', quote_ident(fn.nspname) || '.' || quote_ident(f.opfname))) AS value
    FROM pg_opclass o
    JOIN pg_namespace n ON n.oid = o.opcnamespace
    JOIN pg_am m ON m.oid = o.opcmethod
    JOIN pg_opfamily f ON f.oid = o.opcfamily
    JOIN pg_namespace fn ON fn.oid = f.opfnamespace
    WHERE o.oid >= ${firstUserOid} AND ${userSchemas} AND ${notOfExtension('pg_opclass', 'o.oid')}`,
};

/** What a family holds beyond what initdb put there, so that a class that was added to a built-in family counts too. */
const operatorFamilies: InventoryQuery = {
  access: false,
  sql: () => `
    SELECT 'operator-family' AS kind, quote_ident(n.nspname) || '.' || quote_ident(f.opfname) || ' using ' || quote_ident(m.amname) AS name,
      jsonb_build_object('operators', coalesce(o.operators, '[]'), 'functions', coalesce(p.functions, '[]')) AS value
    FROM pg_opfamily f
    JOIN pg_namespace n ON n.oid = f.opfnamespace
    JOIN pg_am m ON m.oid = f.opfmethod
    LEFT JOIN (
      SELECT a.amopfamily AS family, jsonb_agg(jsonb_build_object('left', format_type(a.amoplefttype, NULL), 'right', format_type(a.amoprighttype, NULL),
          'strategy', a.amopstrategy, 'purpose', a.amoppurpose, 'operator', ${operatorName('a.amopopr')},
          'sortFamily', (SELECT quote_ident(sn.nspname) || '.' || quote_ident(s.opfname) FROM pg_opfamily s JOIN pg_namespace sn ON sn.oid = s.opfnamespace WHERE s.oid = a.amopsortfamily))
          ORDER BY format_type(a.amoplefttype, NULL) COLLATE "C", format_type(a.amoprighttype, NULL) COLLATE "C", a.amopstrategy) AS operators
      FROM pg_amop a WHERE a.oid >= ${firstUserOid} GROUP BY a.amopfamily) o ON o.family = f.oid
    LEFT JOIN (
      SELECT a.amprocfamily AS family, jsonb_agg(jsonb_build_object('left', format_type(a.amproclefttype, NULL), 'right', format_type(a.amprocrighttype, NULL),
          'number', a.amprocnum, 'function', ${functionName('a.amproc::oid')})
          ORDER BY format_type(a.amproclefttype, NULL) COLLATE "C", format_type(a.amprocrighttype, NULL) COLLATE "C", a.amprocnum) AS functions
      FROM pg_amproc a WHERE a.oid >= ${firstUserOid} GROUP BY a.amprocfamily) p ON p.family = f.oid
    WHERE (f.oid >= ${firstUserOid} OR o.family IS NOT NULL OR p.family IS NOT NULL) AND ${userSchemas} AND ${notOfExtension('pg_opfamily', 'f.oid')}`,
};

const accessMethods: InventoryQuery = {
  access: false,
  sql: () => `
    SELECT 'access-method' AS kind, m.amname AS name, jsonb_build_object('type', m.amtype, 'handler', ${functionName('m.amhandler::oid')}) AS value
    FROM pg_am m WHERE m.oid >= ${firstUserOid}`,
};

const conversions: InventoryQuery = {
  access: false,
  sql: () => `
    SELECT 'conversion' AS kind, quote_ident(n.nspname) || '.' || quote_ident(c.conname) AS name,
      jsonb_build_object('from', pg_encoding_to_char(c.conforencoding), 'to', pg_encoding_to_char(c.contoencoding),
        'function', ${functionName('c.conproc::oid')}, 'default', c.condefault) AS value
    FROM pg_conversion c
    JOIN pg_namespace n ON n.oid = c.connamespace
    WHERE c.oid >= ${firstUserOid} AND ${userSchemas}`,
};

/** Operators, how indexes use them, and the two kinds of objects that are little more than a function's name. */
export const operatorQueries: readonly InventoryQuery[] = [
  operators,
  operatorClasses,
  operatorFamilies,
  accessMethods,
  conversions,
];
