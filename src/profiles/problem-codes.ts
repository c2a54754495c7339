/** Every code a problem in a file can carry, and what it means. `docs/files.md` lists them. */
export const PROBLEM_CODES = {
  'file.missing': 'the file cannot be read',
  'file.kind': 'the `schema:` line is missing or names no known kind of file',
  'yaml.syntax': 'the text is not YAML 1.2',
  'yaml.tab': 'a tab is used as indentation',
  'yaml.key': 'a key is not plain text',
  'yaml.duplicate-key': 'a mapping holds the same key twice',
  'yaml.many-documents': 'more than one document in a file',
  'yaml.alias': 'an anchor or alias',
  'yaml.tag': 'a tag such as `!!binary`',
  'yaml.directive': 'a directive such as `%YAML`',
  'yaml.encoding': 'the text is not UTF-8',
  'yaml.empty': 'nothing in the file',
  'yaml.too-large': 'more than 4 MiB',
  'yaml.too-deep': 'nested too deep',
  'schema.unknown-key': 'a key that means nothing here',
  'schema.key': 'a key of the wrong form',
  'schema.missing': 'a required key is not there',
  'schema.type': 'a value of the wrong type',
  'schema.value': 'a value of the right type outside what is allowed',
  'profile.id': 'a profile stands under a name that disagrees with its contents',
  'profile.missing': 'no profile of that id',
  'profile.device': 'a profile of another device type',
  'profile.cycle': 'profiles extend each other in a circle',
  'profile.fact': 'a required fact is stated neither here nor in what is extended',
  'profile.version': 'a firmware version DUIS cannot carry, not marked as unrecognised',
  'profile.shape': 'no consumption shape of that name',
  'smets1-installation':
    'not the device set of a SMETS1 Installation: exactly one CHF, GPF, ESME; at most one GSME, PPMID, IHD, CAD',
  'whitelist-capacity': 'more HAN devices than the hub can list',
  unique: 'an identity used twice',
  mprn: '`mprn` without a GSME, or a GSME without `mprn`',
  'test-keys': 'two originators share one key',
  'static-address': 'one access point with two addresses for the same SIM',
  'han-link':
    'a link of the HAN that does not say between whom or how well, names a part that is not there, or is given twice; links in a HAN in memory',
  stick:
    'a stick whose line cannot be read, that carries what it cannot or what is not there, or that listens where nothing is on real air; a HAN on real air with facts of a simulated one',
  'real-part': 'a part on a simulated air beside real ones; `power` for an emulated part',
  group: 'no such Group',
} as const

export type ProblemCode = keyof typeof PROBLEM_CODES
