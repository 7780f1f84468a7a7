import {getLlama, LlamaChatSession, resolveDefaultModel} from "colloquy";

const llama = await getLlama();
const model = await llama.loadModel({
    modelPath: await resolveDefaultModel()
});
const context = await model.createContext();
const session = new LlamaChatSession({
    contextSequence: context.getSequence()
});

const prompt = "Hi there, how are you?";

console.log("Preloading prompt");
await session.preloadPrompt(prompt);

console.log("Prompt preloaded. Waiting a second");
await new Promise(resolve => setTimeout(resolve, 1000));

console.log("Generating response...");
process.stdout.write("AI: ");
const res = await session.prompt(prompt, {
    onTextChunk(text) {
        process.stdout.write(text);
    }
});

console.log("AI: " + res);
