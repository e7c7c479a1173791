import type { Decision, PlacedQuestion } from '../core/plan.ts';
import type { ExplanationStep, LinkedPerson, PersonExplanation, PersonPreview, Trial } from '../core/trial.ts';
import { fieldSteps, type HoldOutlook, holdStep, matchStep, nextRunStep, waitingStep } from './explain-steps.ts';
import { findCircle, type LookUpAgain } from './find-circle.ts';
import { asPlanned, withPlan } from './preview-connection.ts';
import type { FoundPerson } from './read-messages.ts';
import type { ReadingThreads } from './reading-threads.ts';
import { type TriedOut, type TryOut, tryOut, tryOutFew } from './try-out.ts';

/** The most people of the connection that are shown when the source does not have the person. */
const mostLinked = 6;

type Explained = { question: PlacedQuestion; decision: Decision };

/** `among`: how to find the circle of the person, or that everybody must be read. */
type Explaining = {
  task: Omit<TryOut, 'sample'>;
  found: FoundPerson;
  person: string;
  among: LookUpAgain | 'everybody';
};

/**
 * Explains one person: what the source, the scope and the mappings say (`found`), and what the next run would do, by a
 * trial. It also explains people out of scope, and contacts whose person is gone. Null: only a trial with everybody can
 * decide. Throws like `tryOut`.
 */
export async function explainPerson(
  threads: ReadingThreads,
  trial: Trial,
  { task, found, person, among }: Explaining,
  signal: AbortSignal,
): Promise<PersonExplanation | null> {
  const links = await linksOf(trial, found, person);
  const [link] = links;
  const steps: ExplanationStep[] = found.kind === 'found' ? [...found.steps] : nobodySteps(found.where, person, links);
  const id = found.kind === 'found' ? found.id : (link?.personId ?? null);
  if (id === null) return withoutTrial(found, steps);

  const explained: Explained[] = [];
  const onDecided = (question: PlacedQuestion, decision: Decision): void => {
    if (question.personId === id) explained.push({ question, decision });
  };
  const tryingOut = { ...task, sample: { people: 0, watched: [id] }, onDecided };
  const tried =
    among === 'everybody'
      ? await tryEverybody(threads, trial, tryingOut, signal)
      : await tryAmong(threads, trial, { task: tryingOut, found, lookUp: among }, signal);
  if (tried === null) return null;
  const [seen] = tried.sample.watched;
  const included = seen !== undefined;
  const preview = seen === undefined ? await absent(trial, id, found, link) : (await asPlanned(trial, [seen]))[0];
  if (preview === undefined) throw new Error('A person of the sample has no preview.');
  steps.push({
    step: 'In scope',
    passed: included,
    detail: included ? 'The next run takes the person in.' : 'The next run does not take the person in.',
  });
  const [decided] = explained;
  steps.push(matchStep(decided ?? null, preview, link ?? null));
  if (decided !== undefined && preview.action !== 'SKIP')
    steps.push(...fieldSteps(decided.question, { ...task.settings, rank: trial.rank }));
  steps.push(...tried.notes.map((detail) => ({ step: 'Read', passed: false, detail })));
  steps.push(nextRunStep(preview, { included, link: link ?? null }));
  if (trial.waiting !== null) steps.push(waitingStep(trial.waiting));
  steps.push(...holdStep(tried.outlook, task.settings.removal));
  return { found: found.kind === 'found' || included, included, steps, person: preview };
}

type Tried = Pick<TriedOut, 'sample' | 'notes'> & { outlook: HoldOutlook };

async function tryEverybody(threads: ReadingThreads, trial: Trial, task: TryOut, signal: AbortSignal): Promise<Tried> {
  const { sample, notes, holdReasons } = await tryOut(threads, trial, task, signal);
  return { sample, notes, outlook: { of: 'everybody', reasons: holdReasons } };
}

/** Makes a trial with the person's circle. Limits that count everybody stay open. */
async function tryAmong(
  threads: ReadingThreads,
  trial: Trial,
  { task, found, lookUp }: { task: TryOut; found: FoundPerson; lookUp: LookUpAgain },
  signal: AbortSignal,
): Promise<Tried | null> {
  if (found.kind === 'nobody' || found.circle === null) return null;
  const circle = await findCircle(trial, found.circle, lookUp);
  const tried = circle && (await tryOutFew(threads, trial, task, circle, signal));
  return tried && { sample: tried.sample, notes: [], outlook: { of: 'few', again: tried.again } };
}

async function linksOf(trial: Trial, found: FoundPerson, person: string): Promise<LinkedPerson[]> {
  const text = found.kind === 'found' ? found.id : person;
  if (text === null) return [];
  const links = await trial.linked(text.trim(), mostLinked);
  return found.kind === 'found' ? links.filter(({ personId }) => personId === found.id) : links;
}

function nobodySteps(where: string, person: string, links: readonly LinkedPerson[]): ExplanationStep[] {
  const nobody = `The source was asked, and has nobody ${where} who matches "${person}".`;
  const [link, ...others] = links;
  if (link === undefined)
    return [
      { step: 'Found', passed: false, detail: nobody },
      { step: 'Contact', passed: false, detail: 'No contact of this connection belongs to such a person.' },
    ];
  const known = `${nobody} The connection knows "${link.person}" (id ${link.personId}).`;
  const more =
    others.length === 0 ? '' : ` Others match as well: ${others.map((one) => `"${one.person}"`).join(', ')}.`;
  return [{ step: 'Found', passed: false, detail: `${known}${more}` }];
}

/** The explanation of a person without an id. Without it, their row of a plan can't be found. */
function withoutTrial(found: FoundPerson, steps: ExplanationStep[]): PersonExplanation {
  if (found.kind === 'nobody') return { found: false, included: false, steps, person: null };
  const detail = 'People without a readable id are skipped: they could not be recognised in the next run.';
  const { name, fields } = found;
  const preview: PersonPreview = { ...nobodyPlanned, id: '', dn: name, fields, problems: [detail], action: 'SKIP' };
  steps.push({ step: 'Next run', passed: false, detail });
  return { found: true, included: false, steps, person: preview };
}

const nobodyPlanned = { reason: null, contactId: null, contactName: null, before: null, after: null };

/** The explanation of somebody who is out of scope. They may have a contact, which the run would remove or keep. */
async function absent(
  trial: Trial,
  id: string,
  found: FoundPerson,
  link: LinkedPerson | undefined,
): Promise<PersonPreview> {
  const known = found.kind === 'found' ? found : { name: link?.person ?? '', fields: [], problems: [] };
  const [row] = await trial.plannedFor([id]);
  const preview = withPlan({ id, name: known.name, fields: known.fields, remarks: known.problems, skipped: null }, row);
  return link === undefined ? preview : { ...preview, contactId: link.contact.id, contactName: link.contact.name };
}
