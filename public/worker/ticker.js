// The timers of a page that nobody looks at ring once a minute at last; those of a worker ring on.
let timer;
onmessage = ({ data: milliseconds }) => {
    clearInterval(timer);
    timer = setInterval(() => postMessage(0), milliseconds);
};
