import fs from "fs/promises";
import {getLlama, LlamaChatSession, resolveDefaultModel} from "colloquy";

const llama = await getLlama();
const model = await llama.loadModel({
    modelPath: await resolveDefaultModel()
});
const context = await model.createContext();
const session = new LlamaChatSession({
    contextSequence: context.getSequence()
});

const chatHistory = JSON.parse(await fs.readFile("chatHistory.json", "utf8"));
session.setChatHistory(chatHistory);

const q2 = "Summarize what you said";
console.log("User: " + q2);

const a2 = await session.prompt(q2);
console.log("AI: " + a2);
