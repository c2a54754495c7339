import { describe, expect, it } from 'vitest'
import { DuisProblem } from '../../src/duis/problem.ts'
import { LONGEST_DOCUMENT, readXml, XmlReader } from '../../src/duis/xml-reader.ts'

const problem = (document: string | Uint8Array): DuisProblem => {
  try {
    readXml(Buffer.from(document))
  } catch (error) {
    if (error instanceof DuisProblem) return error
    throw error
  }
  throw new Error('it was read')
}
const codeOf = (document: string | Uint8Array) => problem(document).code

describe('a document', () => {
  it('is read into elements without prefixes, with their namespaces, attributes and places', () => {
    const root = readXml(
      Buffer.from(
        '<?xml version="1.0" encoding="utf-8"?>\n<a:One xmlns:a="urn:x" b="2">\n  <Two> text </Two>\n</a:One>',
      ),
    )
    expect(root).toMatchObject({ name: 'One', namespace: 'urn:x', text: '' })
    expect([...root.attributes]).toEqual([['b', '2']])
    const [two] = root.children
    expect(two).toMatchObject({ name: 'Two', namespace: '', text: 'text' })
    expect(two?.place).toMatchObject({ path: '/One/Two', line: 3 })
  })

  it('is read the same however it is cut', () => {
    const text = Buffer.from('<A><B>Zo\u00eb &amp; caf\u00e9 <![CDATA[<&>]]></B><C d="&lt;1&gt;"/></A>')
    const whole = readXml(text)
    expect(whole.children[0]?.text).toBe('Zo\u00eb & caf\u00e9 <&>')
    for (let size = 1; size < text.length; size++) {
      const reader = new XmlReader()
      for (let at = 0; at < text.length; at += size) reader.write(text.subarray(at, at + size))
      const cut = reader.end()
      expect(cut.children.map(({ name, text }) => [name, text])).toEqual(
        whole.children.map(({ name, text }) => [name, text]),
      )
    }
  })

  it('may have comments and a signature as long as it likes', () => {
    expect(readXml(Buffer.from('<A><!-- --><B>1</B><!-- <C> --></A>')).children).toHaveLength(1)
  })
})

describe('a hostile document is refused', () => {
  it.each([
    ['a billion laughs', '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;">]><A>&c;</A>', 'duis.forbidden'],
    ['an external entity', '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><A>&b;</A>', 'duis.forbidden'],
    ['an external document type', '<!DOCTYPE a SYSTEM "http://localhost/x.dtd"><A/>', 'duis.forbidden'],
    ['a parameter entity', '<!DOCTYPE a [<!ENTITY % b SYSTEM "http://localhost/">%b;]><A/>', 'duis.forbidden'],
    ['an entity nobody declared', '<A>&b;</A>', 'duis.malformed'],
    ['a processing instruction', '<A><?php echo 1 ?></A>', 'duis.forbidden'],
    ['a stylesheet', '<?xml-stylesheet href="x"?><A/>', 'duis.forbidden'],
    ['two roots', '<A/><B/>', 'duis.malformed'],
    ['no root', '<?xml version="1.0"?>', 'duis.malformed'],
    ['nothing', '', 'duis.malformed'],
    ['text instead', 'hello', 'duis.malformed'],
    ['JSON', '{"a":1}', 'duis.malformed'],
    ['an end too early', '<A><B>1</B>', 'duis.malformed'],
    ['an end in a tag', '<A><B', 'duis.malformed'],
    ['tags that cross', '<A><B></A></B>', 'duis.malformed'],
    ['an attribute twice', '<A b="1" b="2"/>', 'duis.malformed'],
    ['a prefix nobody declared', '<x:A/>', 'duis.malformed'],
    ['a character XML forbids', '<A>\u0001</A>', 'duis.malformed'],
    ['a reference to one', '<A>&#0;</A>', 'duis.malformed'],
    ['text beside elements', '<A>text<B/></A>', 'duis.element'],
    ['another encoding by name', '<?xml version="1.0" encoding="ISO-8859-1"?><A/>', 'duis.encoding'],
    ['XML 1.1', '<?xml version="1.1"?><A/>', 'duis.malformed'],
    ['depth', `${'<A>'.repeat(33)}${'</A>'.repeat(33)}`, 'duis.bound'],
    ['a hundred thousand levels', '<A>'.repeat(100_000), 'duis.bound'],
    ['elements without end', `<A>${'<B/>'.repeat(20_000)}</A>`, 'duis.bound'],
    ['attributes without end', `<A ${Array.from({ length: 17 }, (_, i) => `a${i}=""`).join(' ')}/>`, 'duis.bound'],
    ['a huge attribute', `<A b="${'x'.repeat(1_025)}"/>`, 'duis.bound'],
    ['a huge name', `<${'A'.repeat(129)}/>`, 'duis.bound'],
  ])('%s', (_what, document, code) => {
    expect(codeOf(document)).toBe(code)
  })

  it('UTF-16, with its mark or without', () => {
    expect(codeOf(Buffer.from('\ufeff<A/>', 'utf16le'))).toBe('duis.encoding')
    expect(codeOf(Buffer.from('<A/>', 'utf16le'))).toBe('duis.malformed')
  })
  it('octets that are no UTF-8, and half a character at the end', () => {
    expect(codeOf(Uint8Array.of(0x3c, 0x41, 0x3e, 0xc3, 0x28))).toBe('duis.encoding')
    expect(codeOf(Uint8Array.of(0x3c, 0x41, 0x3e, 0xc3))).toBe('duis.encoding')
  })
  it('one that is too long, before it is read whole', () => {
    const reader = new XmlReader()
    reader.write(Buffer.from('<A>'))
    const piece = Buffer.alloc(1024 * 1024, 'x')
    const write = () => {
      for (let i = 0; i < 17; i++) reader.write(piece)
    }
    expect(write).toThrow(`at most ${LONGEST_DOCUMENT} octets expected`)
  })
  it('every prefix of a sound one', () => {
    const text = '<?xml version="1.0"?><A b="1"><C>&amp;</C><D/></A>'
    for (let end = 0; end < text.length; end++) expect(codeOf(text.slice(0, end))).toBe('duis.malformed')
  })
})

it('a problem says where, what was expected and what was found, and not all of it', () => {
  const { message, place, found } = problem(`<A>\n <B>${'x'.repeat(200)}<C/></B></A>`)
  expect(place).toEqual({ path: '/A/B', line: 2, column: 5 })
  expect(found).toHaveLength(80)
  expect(message).toMatch(/^\/A\/B: elements only expected, found x+… \(line 2, column 5\)$/)
})
