import {getLlama, LlamaChatSession, resolveDefaultModel} from "colloquy";

const llama = await getLlama();
const model = await llama.loadModel({
    modelPath: await resolveDefaultModel()
});
const context = await model.createContext();
const session = new LlamaChatSession({
    contextSequence: context.getSequence()
});


const q1 = "Give me a recipe for a cheesecake";
console.log("User: " + q1);

process.stdout.write("AI: ");
const a1 = await session.prompt(q1, {
    maxTokens: 120,
    onTextChunk(text) {
        process.stdout.write(text);
    }
});
console.log("AI: " + a1);

const maxTokens = 100;
const partialPrompt = "Can I replace the cream cheese with ";

const maxCompletionTokens = maxTokens - model.tokenize(partialPrompt).length;
console.log("Partial prompt: " + partialPrompt);
process.stdout.write("Completion: ");
const promptCompletion = await session.completePrompt(partialPrompt, {
    maxTokens: maxCompletionTokens,
    onTextChunk(text) {
        process.stdout.write(text);
    }
});
console.log("\nPrompt completion: " + promptCompletion);
