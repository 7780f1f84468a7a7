import fs from "fs/promises";
import {getLlama, LlamaChatSession, resolveDefaultModel} from "colloquy";

const llama = await getLlama();
const model = await llama.loadModel({
    modelPath: await resolveDefaultModel()
});
const context = await model.createContext();
const contextSequence = context.getSequence();
const session = new LlamaChatSession({contextSequence});


const q1 = "Hi there, how are you?";
console.log("User: " + q1);

const a1 = await session.prompt(q1);
console.log("AI: " + a1);

const chatHistory = session.getChatHistory();
await Promise.all([
    contextSequence.saveStateToFile("state.bin"),
    fs.writeFile("chatHistory.json", JSON.stringify(chatHistory), "utf8")
]);
