/** A WAV file of 16-bit samples: a tone, mono. */
export function toneWav(seconds: number, hertz: number, rate = 16_000): Buffer {
  const count = Math.round(seconds * rate);
  const file = Buffer.alloc(44 + 2 * count);
  file.write("RIFF", 0, "latin1");
  file.writeUInt32LE(36 + 2 * count, 4);
  file.write("WAVEfmt ", 8, "latin1");
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(rate, 24);
  file.writeUInt32LE(2 * rate, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write("data", 36, "latin1");
  file.writeUInt32LE(2 * count, 40);
  for (let index = 0; index < count; index++)
    file.writeInt16LE(Math.round(20_000 * Math.sin((2 * Math.PI * hertz * index) / rate)), 44 + 2 * index);
  return file;
}
