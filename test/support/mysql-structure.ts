/** Statements that make one object of each kind, for the database that they run in. */
export function structureSql(engine: 'mysql' | 'mariadb'): string {
  return [...common, ...own[engine]].map((statement) => `${statement};`).join('\n');
}

/** One property after another: what changes it, and the differences that it is. */
export function sabotages(engine: 'mysql' | 'mariadb'): readonly Sabotage[] {
  return [...commonSabotages, ...ownSabotages[engine]];
}

export interface Sabotage {
  readonly what: string;
  readonly sql: string;
  /** `kind name field` of the strict ones. */
  readonly tells: readonly string[];
}

const common = [
  "SET NAMES utf8mb4, SESSION sql_mode = 'STRICT_ALL_TABLES', SESSION time_zone = '+00:00'",
  `CREATE TABLE parents (id int AUTO_INCREMENT PRIMARY KEY, code varchar(20) NOT NULL DEFAULT 'x', note varchar(500),
     amount decimal(10, 2) DEFAULT 0, changed timestamp NULL ON UPDATE CURRENT_TIMESTAMP, made varchar(36) DEFAULT (concat('a', 'b')),
     twice decimal(12, 2) AS (amount * 2) VIRTUAL, kind enum('a', 'b'), hidden int INVISIBLE DEFAULT 5,
     UNIQUE KEY code (code), KEY note (note(10)), CONSTRAINT positive CHECK (amount >= 0)) AUTO_INCREMENT = 100 COMMENT = 'parents'`,
  `CREATE TABLE children (id int PRIMARY KEY, parent int,
     CONSTRAINT belongs FOREIGN KEY (parent) REFERENCES parents (id) ON DELETE CASCADE)`,
  'CREATE TABLE plain (a int, b varchar(10)) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
  'CREATE TABLE texts (a text, FULLTEXT KEY words (a))',
  "CREATE TABLE labels (a varchar(20) GENERATED ALWAYS AS ('😀') STORED)",
  `CREATE TABLE parted (k int) PARTITION BY RANGE (k) SUBPARTITION BY HASH (k) SUBPARTITIONS 2
     (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN (20) COMMENT = 'second')`,
  "CREATE VIEW shown AS SELECT p.id, p.code FROM parents p JOIN children c ON c.parent = p.id WHERE p.code <> '😀'",
  'CREATE TRIGGER first BEFORE INSERT ON plain FOR EACH ROW SET NEW.a = 1',
  'CREATE TRIGGER second BEFORE INSERT ON plain FOR EACH ROW SET NEW.a = 2',
  "CREATE PROCEDURE told(IN a int) COMMENT 'says' SELECT a, '😀', '?'",
  'CREATE FUNCTION counted(a int) RETURNS int DETERMINISTIC RETURN a + 1',
  "CREATE EVENT yearly ON SCHEDULE EVERY 1 YEAR STARTS '2031-01-01 00:00:00' DISABLE COMMENT 'later' DO SET @a = 1",
];

const own: Readonly<Record<'mysql' | 'mariadb', readonly string[]>> = {
  mysql: [
    'CREATE TABLE placed (p point NOT NULL SRID 4326, SPATIAL KEY p (p))',
    'SET SESSION sql_generate_invisible_primary_key = ON',
    'CREATE TABLE keyless (v int)',
    'SET SESSION sql_generate_invisible_primary_key = OFF',
    'CREATE TABLE functional (a varchar(10), KEY f ((lower(a))))',
  ],
  mariadb: [
    'CREATE SEQUENCE numbers START 100 INCREMENT 7 CACHE 50',
    'CREATE TABLE numbered (a int DEFAULT NEXTVAL(numbers))',
    'CREATE TABLE remembered (a int PRIMARY KEY, v varchar(5)) WITH SYSTEM VERSIONING',
    'CREATE TABLE booked (a int, s date, e date, PERIOD FOR stay (s, e))',
    'CREATE TABLE placed (p point REF_SYSTEM_ID = 4326)',
    'CREATE TABLE aria (a int) ENGINE = Aria TRANSACTIONAL = 1',
    "SET SESSION sql_mode = 'ORACLE'",
    'CREATE PACKAGE packed AS FUNCTION one RETURN int; END',
    'CREATE PACKAGE BODY packed AS FUNCTION one RETURN int AS BEGIN RETURN 1; END; END',
    "SET SESSION sql_mode = ''",
  ],
};

const column = (name: string, ...fields: readonly string[]): readonly string[] =>
  fields.map((field) => `column \`parents\`.\`${name}\` ${field}`);

const commonSabotages: readonly Sabotage[] = [
  {
    what: 'type',
    sql: "ALTER TABLE parents MODIFY code varchar(21) NOT NULL DEFAULT 'x'",
    tells: column('code', 'type'),
  },
  { what: 'default', sql: "ALTER TABLE parents ALTER COLUMN code SET DEFAULT 'y'", tells: column('code', 'default') },
  {
    what: 'default expression',
    sql: "ALTER TABLE parents ALTER COLUMN made SET DEFAULT (concat('a', 'c'))",
    tells: column('made', 'default'),
  },
  {
    what: 'nullability',
    sql: "ALTER TABLE parents MODIFY code varchar(20) NULL DEFAULT 'x'",
    tells: column('code', 'nullable'),
  },
  { what: 'ON UPDATE', sql: 'ALTER TABLE parents MODIFY changed timestamp NULL', tells: column('changed', 'extra') },
  {
    what: 'generated column',
    sql: 'ALTER TABLE parents MODIFY twice decimal(12, 2) AS (amount * 3) VIRTUAL',
    tells: column('twice', 'generatedAs'),
  },
  {
    what: 'invisible column',
    sql: 'ALTER TABLE parents MODIFY hidden int DEFAULT 5',
    tells: column('hidden', 'extra'),
  },
  {
    what: 'comment of a column',
    sql: "ALTER TABLE parents MODIFY amount decimal(10, 2) DEFAULT 0 COMMENT 'c'",
    tells: column('amount', 'comment'),
  },
  {
    what: 'collation of a column',
    sql: 'ALTER TABLE parents MODIFY note varchar(500) COLLATE utf8mb4_bin',
    tells: column('note', 'collation'),
  },
  {
    what: 'order of columns',
    sql: 'ALTER TABLE parents MODIFY hidden int INVISIBLE DEFAULT 5 AFTER id',
    tells: ['table `parents` columns'],
  },
  {
    what: 'a column',
    sql: 'ALTER TABLE parents DROP COLUMN hidden',
    tells: ['column `parents`.`hidden`', 'table `parents` columns'],
  },
  {
    what: 'AUTO_INCREMENT',
    sql: 'ALTER TABLE parents AUTO_INCREMENT = 200',
    tells: ['auto-increment `parents` high', 'auto-increment `parents` low'],
  },
  { what: 'a table', sql: 'DROP TABLE labels', tells: ['column `labels`.`a`', 'table `labels`'] },
  { what: 'engine', sql: 'ALTER TABLE plain ENGINE = MyISAM', tells: ['table `plain` engine'] },
  { what: 'create options', sql: 'ALTER TABLE plain ROW_FORMAT = COMPACT', tells: ['table `plain` createOptions'] },
  { what: 'comment of a table', sql: "ALTER TABLE parents COMMENT = 'others'", tells: ['table `parents` comment'] },
  {
    what: 'collation of a table',
    sql: 'ALTER TABLE plain COLLATE utf8mb4_general_ci',
    tells: ['table `plain` collation'],
  },
  { what: 'an index', sql: 'ALTER TABLE parents DROP KEY note', tells: ['index `parents`.`note`'] },
  {
    what: 'prefix of an index',
    sql: 'ALTER TABLE parents DROP KEY note, ADD KEY note (note(11))',
    tells: ['index `parents`.`note` columns'],
  },
  {
    what: 'direction of an index',
    sql: 'ALTER TABLE parents DROP KEY note, ADD KEY note (note(10) DESC)',
    tells: ['index `parents`.`note` columns'],
  },
  {
    what: 'uniqueness',
    sql: 'ALTER TABLE parents DROP KEY code, ADD KEY code (code)',
    tells: ['index `parents`.`code` unique'],
  },
  {
    what: 'comment of an index',
    sql: "ALTER TABLE parents DROP KEY note, ADD KEY note (note(10)) COMMENT 'c'",
    tells: ['index `parents`.`note` comment'],
  },
  {
    what: 'a fulltext index',
    sql: 'ALTER TABLE texts DROP KEY words',
    tells: ['index `texts`.`words`', 'table `texts` statementSha256'],
  },
  {
    what: 'rule of a foreign key',
    sql: 'ALTER TABLE children DROP FOREIGN KEY belongs; ALTER TABLE children ADD CONSTRAINT belongs FOREIGN KEY (parent) REFERENCES parents (id) ON DELETE CASCADE ON UPDATE CASCADE',
    tells: ['foreign-key `children`.`belongs` onUpdate'],
  },
  {
    what: 'a check',
    sql: 'ALTER TABLE parents DROP CONSTRAINT positive, ADD CONSTRAINT positive CHECK (amount >= 1)',
    tells: ['check `parents`.`positive` clause'],
  },
  {
    what: 'bound of a partition',
    sql: "ALTER TABLE parted REORGANIZE PARTITION p1 INTO (PARTITION p1 VALUES LESS THAN (30) COMMENT = 'second')",
    tells: ['partition `parted`.`p1`.`p1sp0` bound', 'partition `parted`.`p1`.`p1sp1` bound'],
  },
  {
    what: 'definition of a view',
    sql: "CREATE OR REPLACE VIEW shown AS SELECT p.id, p.code FROM parents p JOIN children c ON c.parent = p.id WHERE p.code <> '😁'",
    tells: ['view `shown` statementSha256'],
  },
  {
    what: 'a table of another database in a view',
    sql: "CREATE OR REPLACE VIEW shown AS SELECT p.id, p.code FROM original.parents p JOIN children c ON c.parent = p.id WHERE p.code <> '😀'",
    tells: ['view `shown` definition', 'view `shown` statementSha256'],
  },
  {
    what: 'definer of a view',
    sql: "CREATE OR REPLACE DEFINER = 'nobody'@'%' VIEW shown AS SELECT p.id, p.code FROM parents p JOIN children c ON c.parent = p.id WHERE p.code <> '😀'",
    tells: ['view `shown` definer', 'view `shown` statementSha256'],
  },
  {
    what: 'algorithm, security and check of a view',
    sql: "CREATE OR REPLACE ALGORITHM = MERGE SQL SECURITY INVOKER VIEW shown AS SELECT p.id, p.code FROM parents p JOIN children c ON c.parent = p.id WHERE p.code <> '😀' WITH LOCAL CHECK OPTION",
    tells: [
      'view `shown` algorithm',
      'view `shown` checkOption',
      'view `shown` security',
      'view `shown` statementSha256',
    ],
  },
  {
    what: 'order of triggers',
    sql: 'DROP TRIGGER second; CREATE TRIGGER second BEFORE INSERT ON plain FOR EACH ROW PRECEDES first SET NEW.a = 2',
    tells: ['trigger `first` position', 'trigger `second` position'],
  },
  {
    what: 'body of a trigger',
    sql: 'DROP TRIGGER second; CREATE TRIGGER second BEFORE INSERT ON plain FOR EACH ROW SET NEW.a = 3',
    tells: ['trigger `second` bodySha256'],
  },
  {
    what: 'sql_mode of a trigger',
    sql: "SET SESSION sql_mode = 'ANSI'; DROP TRIGGER second; CREATE TRIGGER second BEFORE INSERT ON plain FOR EACH ROW SET NEW.a = 2",
    tells: ['trigger `second` sqlMode'],
  },
  {
    what: 'body of a procedure',
    sql: "DROP PROCEDURE told; CREATE PROCEDURE told(IN a int) COMMENT 'says' SELECT a, '😁', '?'",
    tells: ['routine procedure `told` statementSha256'],
  },
  {
    what: 'parameters of a procedure',
    sql: "DROP PROCEDURE told; CREATE PROCEDURE told(INOUT a int) COMMENT 'says' SELECT a, '😀', '?'",
    tells: ['routine procedure `told` parameters', 'routine procedure `told` statementSha256'],
  },
  {
    what: 'comment and security of a function',
    sql: "ALTER FUNCTION counted SQL SECURITY INVOKER COMMENT 'c'",
    tells: ['routine function `counted` comment', 'routine function `counted` security'],
  },
  {
    what: 'definer of a function',
    sql: "DROP FUNCTION counted; CREATE DEFINER = 'nobody'@'%' FUNCTION counted(a int) RETURNS int DETERMINISTIC RETURN a + 1",
    tells: ['routine function `counted` definer'],
  },
  {
    what: 'result of a function',
    sql: 'DROP FUNCTION counted; CREATE FUNCTION counted(a int) RETURNS bigint DETERMINISTIC RETURN a + 1',
    tells: ['routine function `counted` result'],
  },
  {
    what: 'client character set of a function',
    sql: 'SET NAMES latin1; DROP FUNCTION counted; CREATE FUNCTION counted(a int) RETURNS int DETERMINISTIC RETURN a + 1',
    tells: ['routine function `counted` client', 'routine function `counted` connection'],
  },
  { what: 'status of an event', sql: 'ALTER EVENT yearly ENABLE', tells: ['event `yearly` status'] },
  {
    what: 'schedule of an event',
    sql: "SET SESSION time_zone = '+02:00'; ALTER EVENT yearly ON SCHEDULE EVERY 2 YEAR STARTS '2031-01-01 00:00:00' ENDS '2035-01-01 00:00:00'",
    tells: ['event `yearly` ends', 'event `yearly` intervalValue', 'event `yearly` timeZone'],
  },
  {
    what: 'body and completion of an event',
    sql: 'ALTER EVENT yearly ON COMPLETION PRESERVE DO SET @a = 2',
    tells: ['event `yearly` bodySha256', 'event `yearly` onCompletion'],
  },
];

const ownSabotages: Readonly<Record<'mysql' | 'mariadb', readonly Sabotage[]>> = {
  mysql: [
    {
      what: 'a hidden character',
      sql: "ALTER TABLE labels DROP COLUMN a, ADD COLUMN a varchar(20) GENERATED ALWAYS AS ('😁') STORED",
      tells: ['column `labels`.`a` generatedAs'],
    },
    {
      what: 'reference system',
      sql: 'ALTER TABLE placed DROP KEY p; ALTER TABLE placed MODIFY p point NOT NULL SRID 0; ALTER TABLE placed ADD SPATIAL KEY p (p)',
      tells: ['column `placed`.`p` srid'],
    },
    {
      what: 'enforcement of a check',
      sql: 'ALTER TABLE parents ALTER CHECK positive NOT ENFORCED',
      tells: ['check `parents`.`positive` enforced'],
    },
    {
      what: 'visibility of an index',
      sql: 'ALTER TABLE parents ALTER INDEX note INVISIBLE',
      tells: ['index `parents`.`note` visible'],
    },
    {
      what: 'expression of an index',
      sql: 'ALTER TABLE functional DROP KEY f, ADD KEY f ((upper(a)))',
      tells: ['index `functional`.`f` columns'],
    },
    {
      what: 'the generated invisible primary key',
      sql: 'ALTER TABLE keyless ALTER COLUMN my_row_id SET VISIBLE',
      tells: ['column `keyless`.`my_row_id` extra'],
    },
    {
      what: 'parser of a fulltext index',
      sql: 'ALTER TABLE texts DROP KEY words; ALTER TABLE texts ADD FULLTEXT KEY words (a) WITH PARSER ngram',
      tells: ['table `texts` statementSha256'],
    },
    {
      what: 'engine attribute',
      sql: `ALTER TABLE plain SECONDARY_ENGINE_ATTRIBUTE = '{"a": 1}'`,
      tells: ['engine-attribute `plain`'],
    },
  ],
  mariadb: [
    {
      what: 'a hidden character',
      sql: "ALTER TABLE labels DROP COLUMN a, ADD COLUMN a varchar(20) GENERATED ALWAYS AS ('😁') STORED",
      tells: ['table `labels` statementSha256'],
    },
    {
      what: 'comment of the database',
      sql: "ALTER DATABASE restored COMMENT = 'c'",
      tells: ['database this database comment'],
    },
    {
      what: 'use of an index',
      sql: 'ALTER TABLE parents ALTER INDEX note IGNORED',
      tells: ['index `parents`.`note` ignored'],
    },
    { what: 'a sequence', sql: 'ALTER SEQUENCE numbers INCREMENT BY 3', tells: ['sequence `numbers` increment'] },
    {
      what: 'state of a sequence',
      sql: 'DO SETVAL(numbers, 5000, 0)',
      tells: ['sequence-state `numbers` high', 'sequence-state `numbers` low'],
    },
    {
      what: 'the sequence of a default',
      sql: 'ALTER TABLE numbered ALTER COLUMN a SET DEFAULT NEXTVAL(original.numbers)',
      tells: ['column `numbered`.`a` default'],
    },
    {
      what: 'system versioning',
      sql: 'ALTER TABLE remembered DROP SYSTEM VERSIONING',
      tells: ['table `remembered` type'],
    },
    { what: 'storage of rows', sql: 'ALTER TABLE aria TRANSACTIONAL = 0', tells: ['table `aria` createOptions'] },
    {
      what: 'body of a package',
      sql: "SET SESSION sql_mode = 'ORACLE'; DROP PACKAGE BODY packed; CREATE PACKAGE BODY packed AS FUNCTION one RETURN int AS BEGIN RETURN 2; END; END",
      tells: ['routine package body `packed` bodySha256'],
    },
  ],
};
