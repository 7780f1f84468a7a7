import {getLlama, LlamaChatSession, resolveModelFile} from "colloquy";

const llama = await getLlama();
const model = await llama.loadModel({
    modelPath: await resolveModelFile(
        process.env.EXAMPLE_THINKING_MODEL ?? "hf:bartowski/DeepSeek-R1-Distill-Qwen-14B-GGUF:Q4_K_M"
    )
});
const context = await model.createContext();
const session = new LlamaChatSession({
    contextSequence: context.getSequence()
});


const q1 = "Hi there, how are you?";
console.log("User: " + q1);

process.stdout.write("AI: ");
const a1 = await session.promptWithMeta(q1, {
    onResponseChunk(chunk) {
        const isThoughtSegment = chunk.type === "segment" &&
            chunk.segmentType === "thought";
        const isCommentSegment = chunk.type === "segment" &&
            chunk.segmentType === "comment";
        
        if (chunk.type === "segment" && chunk.segmentStartTime != null)
            process.stdout.write(` [segment start: ${chunk.segmentType}] `);

        process.stdout.write(chunk.text);

        if (chunk.type === "segment" && chunk.segmentEndTime != null)
            process.stdout.write(` [segment end: ${chunk.segmentType}] `);
    }
});

const fullResponse = a1.response
    .map((item) => {
        if (typeof item === "string")
            return item;
        else if (item.type === "segment") {
            const isThoughtSegment = item.segmentType === "thought";
            const isCommentSegment = item.segmentType === "comment";
            let res = "";
            
            if (item.startTime != null)
                res += ` [segment start: ${item.segmentType}] `;

            res += item.text;

            if (item.endTime != null)
                res += ` [segment end: ${item.segmentType}] `;

            return res;
        }

        return "";
    })
    .join("");

console.log("Full response: " + fullResponse);
