import { expect, test } from '@jest/globals';
import type { ContactValues } from '../../src/core/contact.ts';
import { type ContactMoment, takePartsBack } from '../../src/core/taking-parts-back.ts';

const untouched = { given: false, noted: false, asLeft: true };

function at(values: ContactValues, more: Partial<ContactMoment> = {}): ContactMoment {
  return {
    status: 'ACTIVE',
    lockedFields: [],
    removalDueAt: null,
    ...more,
    values: { DISPLAY_NAME: 'Ada', ...values },
  };
}

const phone = (label: string, value: string) => ({ label, value });

test('labels are reverted one by one, and those that the change did not touch stay', () => {
  const back = takePartsBack({
    before: at({ PHONE: [phone('work', '1'), phone('mobile', '2')] }),
    after: at({ PHONE: [phone('work', '10'), phone('mobile', '20')] }),
    now: at({ PHONE: [phone('work', '10'), phone('mobile', '30'), phone('home', '4')] }),
    link: untouched,
  });
  expect(back).toMatchObject({
    kind: 'change',
    action: 'UPDATE',
    edit: { values: { PHONE: [phone('mobile', '30'), phone('home', '4'), phone('work', '1')] } },
    left: [{ field: 'PHONE', label: 'mobile', message: 'PHONE:mobile has changed since.' }],
  });
});

test('a value that is already as before is neither reverted nor named', () => {
  const back = takePartsBack({
    before: at({ CITY: 'Oslo', NOTES: 'old' }),
    after: at({ CITY: 'Rome', NOTES: 'new' }),
    now: at({ CITY: 'Oslo', NOTES: 'new', COMPANY: 'Kdesk' }),
    link: untouched,
  });
  expect(back).toMatchObject({ edit: { values: { CITY: 'Oslo', NOTES: 'old', COMPANY: 'Kdesk' } }, left: [] });
});

test('nothing is reverted when every part has changed since', () => {
  const back = takePartsBack({
    before: at({ CITY: 'Oslo' }),
    after: at({ CITY: 'Rome' }),
    now: at({ CITY: 'Paris' }),
    link: { given: true, noted: false, asLeft: false },
  });
  expect(back).toEqual({ kind: 'nothing' });
});

test('locks are reverted field by field', () => {
  const back = takePartsBack({
    before: at({}, { lockedFields: ['CITY'] }),
    after: at({}, { lockedFields: ['NOTES'] }),
    now: at({}, { lockedFields: ['NOTES', 'COMPANY'] }),
    link: untouched,
  });
  expect(back).toMatchObject({ action: 'UPDATE', edit: { lockedFields: ['COMPANY', 'CITY'] }, left: [] });
});

test('a deactivation is reverted with the portal access that it took; later edits of other fields stay', () => {
  const back = takePartsBack({
    before: at({ PORTAL_ACCESS: true }),
    after: at({}, { status: 'INACTIVE' }),
    now: at({ NOTES: 'left us' }, { status: 'INACTIVE' }),
    link: { given: false, noted: true, asLeft: true },
  });
  expect(back).toMatchObject({
    action: 'REACTIVATE',
    edit: { status: 'ACTIVE', values: { PORTAL_ACCESS: true, NOTES: 'left us' } },
    back: { status: true, link: true },
    left: [],
  });
});

test('an inactive contact gets no portal access back', () => {
  const back = takePartsBack({
    before: at({ PORTAL_ACCESS: true, CITY: 'Oslo' }),
    after: at({ CITY: 'Rome' }),
    now: at({ CITY: 'Rome' }, { status: 'INACTIVE' }),
    link: untouched,
  });
  expect(back).toMatchObject({
    action: 'UPDATE',
    edit: { status: 'INACTIVE', values: { DISPLAY_NAME: 'Ada', CITY: 'Oslo' } },
    left: [{ field: 'PORTAL_ACCESS' }],
  });
});

test.each([
  ['goes back while it is the same', '2026-01-02', true, []],
  [
    'stays when it has changed',
    '2026-01-09',
    false,
    [{ field: null, label: null, message: 'The date of its removal has changed since.' }],
  ],
])('the date of a removal %s', (_, now, removal, left) => {
  const back = takePartsBack({
    before: at({ CITY: 'Oslo' }),
    after: at({ CITY: 'Rome' }, { removalDueAt: '2026-01-02' }),
    now: at({ CITY: 'Rome', NOTES: 'seen' }, { removalDueAt: now }),
    link: untouched,
  });
  expect(back).toMatchObject({ edit: { values: { CITY: 'Oslo', NOTES: 'seen' } }, back: { removal }, left });
});
