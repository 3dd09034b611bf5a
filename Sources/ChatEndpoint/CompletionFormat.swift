internal import FoundationEssentials
internal import IntentTaxonomy

/// How questions and answers look on the wire: chat completions as OpenAI describes them, the part that other servers know too.
enum CompletionFormat {
    /// The body of a request.
    static func body(_ request: ChatRequest, model: String, sendsSchema: Bool) -> [UInt8] {
        let instructions = sendsSchema ? request.instructions : request.instructions + "\n\nSCHEMA\n" + request.schema + "\nEND"
        var parts = [
            #""model":"# + quoted(model),
            #""messages":[{"role":"system","content":"# + quoted(instructions) + #"},{"role":"user","content":"#
                + quoted(request.userText) + "}]",
            #""temperature":0"#, #""max_tokens":\#(request.maximumReplyTokens)"#,
        ]
        if sendsSchema {
            parts.append(
                #""response_format":{"type":"json_schema","json_schema":{"name":"answer","strict":true,"schema":"# + request.schema + "}}")
        }
        return Array("{\(parts.joined(separator: ","))}".utf8)
    }

    /// An answer and what it used, as far as the endpoint says.
    struct Answer {
        var reply: ChatReply
        var inputTokens: Int?
        var outputTokens: Int?
    }

    /// Reads the body of a response; nil where it is none.
    static func answer(_ body: [UInt8]) -> Answer? {
        struct Completion: Decodable {
            struct Choice: Decodable {
                struct Message: Decodable {
                    var content: String?
                    var refusal: String?
                }

                var message: Message
                var finish_reason: String?
            }

            struct Usage: Decodable {
                var prompt_tokens: Int?
                var completion_tokens: Int?
            }

            var choices: [Choice]
            var usage: Usage?
        }
        guard let completion = try? JSONDecoder().decode(Completion.self, from: Data(body)), let choice = completion.choices.first else {
            return nil
        }
        let ending: ChatReply.Ending =
            choice.finish_reason == "length"
            ? .cutOff : choice.finish_reason == "content_filter" || !(choice.message.refusal ?? "").isEmpty ? .refused : .complete
        return Answer(
            reply: ChatReply(choice.message.content ?? "", ending: ending), inputTokens: completion.usage?.prompt_tokens.map { max(0, $0) },
            outputTokens: completion.usage?.completion_tokens.map { max(0, $0) })
    }

    private static func quoted(_ text: String) -> String {
        // A text alone is JSON, and no text can be refused.
        guard let bytes = try? JSONEncoder().encode(text) else { preconditionFailure("CompletionFormat: a text cannot be encoded") }
        return String(decoding: bytes, as: UTF8.self)
    }
}
