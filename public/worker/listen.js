// Hands what is heard on to the worker that records it, in pieces of 20 ms: all samples of the left, then all of the right. Where nobody speaks
// that is silence, and it goes on.
const PIECE = 960;

registerProcessor(
    "veranda-listen",
    class extends AudioWorkletProcessor {
        constructor() {
            super();
            this.piece = new Float32Array(2 * PIECE);
            this.filled = 0;
            this.port.onmessage = ({ data }) => (this.worker = data);
        }

        process([[left, right = left]]) {
            const length = left?.length ?? 128;
            for (let sample = 0; sample < length; sample++) {
                this.piece[this.filled] = left?.[sample] ?? 0;
                this.piece[PIECE + this.filled] = right?.[sample] ?? 0;
                if (++this.filled < PIECE) continue;
                this.worker?.postMessage(this.piece, [this.piece.buffer]);
                this.piece = new Float32Array(2 * PIECE);
                this.filled = 0;
            }
            return true;
        }
    },
);
