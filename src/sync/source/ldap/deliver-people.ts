import type { Arrivals } from '../../../core/arrivals.ts';
import type { LdapPerson } from './person-decoder.ts';

/**
 * How many people are delivered at a time while their page still arrives. The number is small, so that their objects
 * are collected early, which is cheap.
 */
const peopleAtOnce = 200;

/**
 * Delivers people in the order in which they come: some at a time while a page arrives, the rest at the page's end.
 * People of the next page are only collected until then. So are people who arrive while the run is not ready for more.
 * `taken` is called for each person whom the run has taken in.
 */
export function deliverInOrder(arrivals: Arrivals, taken: (person: LdapPerson) => void) {
  let gathered: LdapPerson[] = [];
  /** The people of a finished page who are not delivered yet. */
  let rest: LdapPerson[] | null = null;
  let heldBack: Promise<void> | null = null;
  let news = 0;
  const deliver = (entries: LdapPerson[]): void => {
    const brought = entries.length === 0 ? 0 : arrivals.present(entries, taken);
    if (typeof brought === 'number') news += brought;
    else {
      heldBack = brought.then((more) => {
        news += more;
        heldBack = null;
      });
      // An error is thrown at the end of the page.
      heldBack.catch(() => {});
    }
  };
  return {
    /** `whole`: no person of the page has an attribute that is still incomplete. */
    add(entry: LdapPerson, whole: boolean): void {
      gathered.push(entry);
      if (gathered.length < peopleAtOnce || !whole || rest !== null || heldBack !== null) return;
      const entries = gathered;
      gathered = [];
      deliver(entries);
    },
    endPage(): void {
      rest = gathered;
      gathered = [];
    },
    /** Returns how many new people were delivered since the last page. */
    async deliverPage(): Promise<number> {
      await heldBack;
      deliver(rest ?? []);
      await heldBack;
      rest = null;
      const brought = news;
      news = 0;
      return brought;
    },
  };
}
