import { describe, expect, test } from '@jest/globals';
import { AppError } from '../../../../src/core/app-error.ts';
import { longestRow, Unreadable } from '../../../../src/sync/source/csv/parse-rows.ts';
import { readTable } from '../../../../src/sync/source/csv/read-table.ts';

type Given = { encoding?: string | null; separator?: string | null };

async function* inChunks(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** The rows of a file, each as its line and values, or its fault. The bytes come in pieces of `size`. */
async function read(file: string | Buffer, { encoding = null, separator = null }: Given = {}, size = 1 << 16) {
  const bytes = typeof file === 'string' ? Buffer.from(file) : file;
  const table = await readTable(inChunks(bytes, size), { encoding, separator });
  const rows: [number, readonly string[] | string][] = [];
  let end: unknown = null;
  try {
    for await (const batch of table.rows())
      for (const { line, values, fault } of batch) rows.push([line, values ?? fault ?? '']);
  } catch (error) {
    end = error;
  }
  return { table, header: table.header.names, rows, end };
}

const latin = (text: string) => Buffer.from(text, 'latin1');

describe('a table', () => {
  test('has only columns with a name; cells that were once filled in a spreadsheet leave others', async () => {
    const { table, rows } = await read(';Nr;;Name;;\r\nx;1;;Ada;;\r\n;2;y;Bo\r\n');
    expect(table.header.names).toEqual(['', 'Nr', '', 'Name']);
    expect(['nr', 'NAME', ''].map((name) => table.header.placeOf(name))).toEqual([1, 3, -1]);
    expect(rows).toEqual([
      [2, ['x', '1', '', 'Ada', '', '']],
      [3, ['', '2', 'y', 'Bo']],
    ]);
  });

  test.each([
    ['an Excel workbook', Buffer.from('PK\x03\x04\x14\0\x06\0')],
    ['an Excel workbook of the old kind', Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1])],
    ['packed with gzip', Buffer.from([0x1f, 0x8b, 8, 0, 0])],
    ['a PDF', Buffer.from('%PDF-1.7\n')],
  ])('is not read from a file that is %s, and the error names its kind', async (what, file) => {
    await expect(read(file, {}, 1)).rejects.toMatchObject({
      code: 'INVALID_FILE',
      message: expect.stringContaining(`The file is ${what}`),
      hint: expect.stringContaining('Save it as CSV'),
    });
  });

  test.each<[string, string | Buffer, readonly [number, readonly string[]][]]>([
    [
      'lines end in LF',
      'id,name\n1,Ada\n2,Bo\n',
      [
        [2, ['1', 'Ada']],
        [3, ['2', 'Bo']],
      ],
    ],
    [
      'lines end in CR LF',
      'id,name\r\n1,Ada\r\n2,Bo\r\n',
      [
        [2, ['1', 'Ada']],
        [3, ['2', 'Bo']],
      ],
    ],
    [
      'lines end in CR',
      'id,name\r1,Ada\r2,Bo\r',
      [
        [2, ['1', 'Ada']],
        [3, ['2', 'Bo']],
      ],
    ],
    [
      'lines end in all of them',
      'id,name\r\n1,Ada\n2,Bo\r3,Cy',
      [
        [2, ['1', 'Ada']],
        [3, ['2', 'Bo']],
        [4, ['3', 'Cy']],
      ],
    ],
    ['no end of the last line', 'id,name\n1,Ada', [[2, ['1', 'Ada']]]],
    ['one row', 'id,name\n1,Ada\n', [[2, ['1', 'Ada']]]],
    ['a header only', 'id,name\n', []],
    ['a header only, without an end', 'id,name', []],
    [
      'empty lines, and lines of empty values',
      '\n\nid,name\n\n1,Ada\n,\n  ,  \n\n2,Bo\n\n',
      [
        [5, ['1', 'Ada']],
        [9, ['2', 'Bo']],
      ],
    ],
    ['separator and quotes within quotes', 'id,name\n1,"Lovelace, ""Ada"""\n', [[2, ['1', 'Lovelace, "Ada"']]]],
    [
      'lines within quotes',
      'id,name\r\n1,"a\r\nb\r\n\r\nc"\r\n2,Bo\r\n',
      [
        [2, ['1', 'a\nb\n\nc']],
        [6, ['2', 'Bo']],
      ],
    ],
    ['a byte order mark', '\ufeffid,name\n1,Ada\n', [[2, ['1', 'Ada']]]],
    ['a byte order mark before a quote', '\ufeff"id","name"\n1,Ada\n', [[2, ['1', 'Ada']]]],
    ['the separator named as spreadsheets do', 'sep=;\nid;name\n1;a,b\n', [[3, ['1', 'a,b']]]],
    [
      'semicolons',
      'id;name\n1;Lovelace, Ada\n2;Bo, X\n',
      [
        [2, ['1', 'Lovelace, Ada']],
        [3, ['2', 'Bo, X']],
      ],
    ],
    ['tabs', 'id\tname\n1\tAda\n', [[2, ['1', 'Ada']]]],
    ['bars', 'id|name\n1|Ada, B; C\n', [[2, ['1', 'Ada, B; C']]]],
    [
      'one column',
      'id\n1\n2\n',
      [
        [2, ['1']],
        [3, ['2']],
      ],
    ],
    [
      'a formula, which is text',
      'id,name\n1,"=HYPERLINK(""http://x"",1)"\n2,@SUM(1)\n',
      [
        [2, ['1', '=HYPERLINK("http://x",1)']],
        [3, ['2', '@SUM(1)']],
      ],
    ],
    ['UTF-8', 'id,name\n1,Åse Grüß 日本 \u{1f600}\n', [[2, ['1', 'Åse Grüß 日本 \u{1f600}']]]],
    [
      'Windows-1252',
      latin('id,name\n1,M\xfcller\n2,\x80\n'),
      [
        [2, ['1', 'Müller']],
        [3, ['2', '€']],
      ],
    ],
    ['UTF-16 LE with its mark', Buffer.from('\ufeffid,name\r\n1,Müller 日\r\n', 'utf16le'), [[2, ['1', 'Müller 日']]]],
    ['UTF-16 BE with its mark', Buffer.from('\ufeffid,name\n1,Müller\n', 'utf16le').swap16(), [[2, ['1', 'Müller']]]],
    ['NUL bytes', 'id,name\n1,a\0b\n', [[2, ['1', 'a\0b']]]],
  ])('is read with %s, however its bytes are split', async (_what, file, rows) => {
    for (const size of [1 << 16, 7, 1]) expect((await read(file, {}, size)).rows).toEqual(rows);
  });

  test.each<[string, string | Buffer, Given, string, string]>([
    [
      'an encoding and a separator that are set',
      latin('id,x;M\xe4x\n1,2;\xa4\n'),
      { encoding: 'iso-8859-15', separator: ';' },
      'iso-8859-15',
      '€',
    ],
    [
      'UTF-8 that is set, with bytes that are none',
      latin('id;n\n1;M\xfcller\n'),
      { encoding: 'utf-8' },
      'utf-8',
      'M\ufffdller',
    ],
    ['a mark against what is set', '\ufeffid;n\n1;ü\n', { encoding: 'windows-1252' }, 'utf-8', 'ü'],
    [
      'Shift JIS',
      Buffer.from([0x69, 0x64, 0x3b, 0x6e, 0x0a, 0x31, 0x3b, 0x93, 0xfa, 0x0a]),
      { encoding: 'shift_jis' },
      'shift_jis',
      '日',
    ],
  ])('is recognised by %s', async (_what, file, given, encoding, value) => {
    const { table, rows } = await read(file, given);
    expect([table.encoding, rows[0]?.[1].at(-1)]).toEqual([encoding, value]);
  });

  test('is read as UTF-8 if most of it is, and only damaged values are lost', async () => {
    const damaged = await read(
      Buffer.concat([Buffer.from('id,name\n1,Müller\n2,Jörg\n3,M'), latin('\xfcller\n4,Ada\n')]),
    );
    expect(damaged.table.encoding).toBe('utf-8');
    expect(damaged.rows.map(([, values]) => values[1])).toEqual(['Müller', 'Jörg', 'M\ufffdller', 'Ada']);
    const chance = await read(latin('id,name\n1,Müller\n2,Jörg\n3,AÃ¼B\n'));
    expect(chance.table.encoding).toBe('windows-1252');
  });

  test('that begins with ASCII is recognised as UTF-8 or Windows-1252 at the first other character, however late', async () => {
    const many = Array.from({ length: 20_000 }, (_, i) => `${i},x\n`).join('');
    for (const [last, encoding] of [
      [latin('a,M\xfcller\n'), 'windows-1252'],
      [Buffer.from('a,Müller\n'), 'utf-8'],
    ] as const) {
      const { table, rows } = await read(Buffer.concat([Buffer.from(`id,name\n${many}`), last]), {}, 1000);
      expect([table.encoding, rows.at(-1)]).toEqual([encoding, [20_002, ['a', 'Müller']]]);
    }
  });

  test.each<[string, string | Buffer, string, string]>([
    ['an empty file', '', 'EMPTY_FILE', 'empty'],
    ['a file of empty lines', '\n\n , \n', 'EMPTY_FILE', 'empty'],
    ['a file of a mark alone', '\ufeff', 'EMPTY_FILE', 'empty'],
    ['two columns of one name', 'id,Name, NAME \n', 'INVALID_HEADER', 'columns 2 and 3'],
    ['a header with a line break in it', '"id\nx",name\n', 'INVALID_HEADER', 'column 1'],
    ['a header with a quote in the wrong place', '\nid,na"me\n1,2\n', 'INVALID_HEADER', 'Line 2'],
    ['a header that never ends', '"id,name\n1,Ada\n', 'INVALID_HEADER', 'never closed'],
    ['100,000 columns', `${'a,'.repeat(100_000)}b\n`, 'INVALID_HEADER', '100001 columns'],
    ['a name of a column that is a megabyte', `${'x'.repeat(1_000_000)},id\n`, 'INVALID_HEADER', 'column 1'],
    ['UTF-16 without its mark', Buffer.from('id,name\n1,Ada\n', 'utf16le'), 'ENCODING_UNKNOWN', 'UTF-16'],
  ])('is refused for %s', async (_what, file, code, words) => {
    const refusal = await read(file).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(AppError);
    expect(refusal).toMatchObject({ code, hint: expect.any(String) });
    expect((refusal as AppError).message).toContain(words);
    expect((refusal as AppError).message.length).toBeLessThan(2000);
  });

  test('reports each row with a misplaced quote by its line, and continues', async () => {
    const { rows, end } = await read('id,name\n1,5" pipe\n2,Bo\n3,"a"b\n4,Cy\n5,"x\ny"z\n6,Di\n');
    expect(rows.map(([line, what]) => (typeof what === 'string' ? `${line} fault` : what[1]))).toEqual([
      '2 fault',
      'Bo',
      '4 fault',
      'Cy',
      '6 fault',
      '7 fault',
      'Di',
    ]);
    expect(end).toBeNull();
  });

  test('reports a quote that is never closed by the line in which it opens, and continues with the next', async () => {
    const { rows } = await read('id,name\n1,Ada\n\n2,"Bo\n3,Cy\n4,Di');
    expect(rows).toEqual([
      [2, ['1', 'Ada']],
      [4, expect.stringContaining('Line 4: a quote is opened')],
      [5, ['3', 'Cy']],
      [6, ['4', 'Di']],
    ]);
  });

  test('reports a row that is too long, whether a quote is open in it or not, and continues', async () => {
    const long = 'x'.repeat(longestRow + 1);
    const open = `2,"${`${long.slice(0, longestRow / 2)}\n`.repeat(3)}`;
    const plain = await read(`id,name\n1,Ada\n2,${long}\n3,Cy\n`);
    expect(plain.rows).toEqual([
      [2, ['1', 'Ada']],
      [3, expect.stringContaining('Line 3 begins a row')],
      [4, ['3', 'Cy']],
    ]);
    const quoted = await read(`id,name\n1,Ada\n${open}3,Cy\n`);
    expect(quoted.rows.map(([line, what]) => [line, typeof what])).toEqual([
      [2, 'object'],
      [3, 'string'],
      [4, 'object'],
      [5, 'object'],
      [6, 'object'],
    ]);
  });

  test('with too many misplaced quotes ends early, and a row of only quotes is one fault', async () => {
    const row = `1,x${'"'.repeat(900_000)}\n`;
    const one = await read(`id,name\n${row}2,Bo\n`);
    expect(one.rows.map(([line]) => line)).toEqual([2, 3]);
    const many = await read(`id,name\n1,"${`${'x'.repeat(900)}\n`.repeat(1100)}`.repeat(12));
    expect(many.end).toBeInstanceOf(Unreadable);
  });

  test('that breaks off gives the rows before that, without the unfinished one', async () => {
    async function* cut(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('id,mail\n1,ada@example.org\n2,bo@exam');
      throw new Error('cut off');
    }
    const table = await readTable(cut(), { encoding: null, separator: null });
    const seen: unknown[] = [];
    await expect(
      (async () => {
        for await (const batch of table.rows()) seen.push(...batch.map(({ values }) => values));
      })(),
    ).rejects.toThrow('cut off');
    expect(seen).toEqual([['1', 'ada@example.org']]);
  });

  test('holds little of a line of 100 MB, or of a file of many rows, in memory', async () => {
    let given = 0;
    async function* endless(row: Buffer, pieces: number): AsyncGenerator<Uint8Array> {
      yield Buffer.from('id,name\n');
      for (let piece = 0; piece < pieces; piece++) {
        given++;
        yield row;
      }
    }
    const line = await readTable(endless(Buffer.alloc(1 << 16, 'x'), 1600), { encoding: null, separator: null });
    await expect(line.rows().next()).resolves.toEqual({ done: false, value: [] });
    const told: string[] = [];
    for await (const batch of line.rows()) {
      told.push(...batch.map(({ fault }) => fault ?? ''));
      if (told.length > 0) break;
    }
    expect(told).toEqual([expect.stringContaining('more than 1 MB')]);
    expect(given).toBeLessThan(40);

    given = 0;
    const rows = Buffer.from('1,Ada Lovelace\n'.repeat(4000));
    let most = 0;
    let taken = 0;
    const table = await readTable(endless(rows, 50), { encoding: null, separator: null });
    for await (const batch of table.rows()) {
      taken += batch.length;
      most = Math.max(most, given * 4000 - taken);
    }
    expect(taken).toBe(200_000);
    // The bytes that were delivered but not used yet: a few pieces, not a share of the file.
    expect(most).toBeLessThan(5 * 4000);
  });
});
