/** Why a run's signal aborts when its process shuts down: the run goes on in another. */
export class HandBack extends Error {
  constructor() {
    super('The process shuts down; the run goes on in another.');
    this.name = 'HandBack';
  }
}
