/** Why a job's signal aborts when another workspace has waited long for a slot: its run is to wait in the queue again. */
export class GiveWay extends Error {
  constructor() {
    super('Another workspace waits for its turn; the run goes on later.');
    this.name = 'GiveWay';
  }
}
