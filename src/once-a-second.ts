/** Lets a call through at most once a second, and tells it how many were left out before. */
export function onceASecond<Argument>(
  tell: (argument: Argument, leftOut: number) => void,
): (argument: Argument) => void {
  let toldAt = Number.NEGATIVE_INFINITY;
  let leftOut = 0;
  return (argument) => {
    if (performance.now() - toldAt < 1000) {
      leftOut++;
      return;
    }
    toldAt = performance.now();
    tell(argument, leftOut);
    leftOut = 0;
  };
}
