import {getLlama, LlamaChatSession, Token, resolveDefaultModel} from "colloquy";

const llama = await getLlama();
const model = await llama.loadModel({
    modelPath: await resolveDefaultModel()
});
const context = await model.createContext();
const session = new LlamaChatSession({
    contextSequence: context.getSequence()
});


const q1 = "Write a poem about llamas";
console.log("User: " + q1);

const a1 = await session.prompt(q1, {
    repeatPenalty: {
        lastTokens: 24,
        penalty: 1.12,
        penalizeNewLine: true,
        frequencyPenalty: 0.02,
        presencePenalty: 0.02,
        punishTokensFilter(tokens: Token[]) {
            return tokens.filter(token => {
                const text = model.detokenize([token]);

                // allow the model to repeat tokens
                // that contain the word "better"
                return !text.toLowerCase().includes("better");
            });
        }
    }
});
console.log("AI: " + a1);
