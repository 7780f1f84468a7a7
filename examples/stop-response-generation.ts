import {getLlama, LlamaChatSession, resolveDefaultModel} from "colloquy";

const llama = await getLlama();
const model = await llama.loadModel({
    modelPath: await resolveDefaultModel()
});
const context = await model.createContext();
const session = new LlamaChatSession({
    contextSequence: context.getSequence()
});


const abortController = new AbortController();
const q1 = "Hi there, how are you?";
console.log("User: " + q1);

let response = "";

const a1 = await session.prompt(q1, {
    // stop the generation, instead of cancelling it
    stopOnAbortSignal: true,
    
    signal: abortController.signal,
    onTextChunk(chunk) {
        response += chunk;
        
        if (response.length >= 10)
            abortController.abort();
    }
});
console.log("AI: " + a1);
