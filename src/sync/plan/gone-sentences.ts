/** What people read of somebody who is gone from the directory. */

const gone = 'gone from the directory';

export const inactiveAlready = `${gone}; the contact is inactive already`;
export const stillFedBy = (connections: readonly string[]): string => `${gone}; still fed by ${connections.join(', ')}`;
export const keptByPolicy = `${gone}; the removal policy keeps the contact`;
export const staysUntil = (due: Date): string => {
  const [day, time] = due.toISOString().split('T') as [string, string];
  return `${gone}; stays until ${day} ${time.slice(0, 5)} UTC`;
};
export const simplyGone = gone;
export const takenOver = `${gone}; the contact goes to another person with its address`;
