// What nobody has to wait for is done once the picture that a finger asked for is painted.

// A page that nobody sees paints nothing; what waits is done all the same.
const LONGEST = 100;

/** Resolves when the next picture has been painted. */
export const painted = () =>
  new Promise((done) => {
    // An observer is told after the frame; what is asked for before one would still hold it up.
    const eye = new IntersectionObserver(() => {
      eye.disconnect();
      done();
    });
    eye.observe(document.documentElement);
    setTimeout(done, LONGEST);
  });
