/// Asks until an answer passes its checks, or for good refuses it with the reason.
struct CheckedQuestion: Sendable {
    let model: any ChatModel
    /// Answers to one question that are looked at before it is given up.
    let attempts: Int
    /// Asked before each request.
    let isCancelled: @Sendable () -> Bool

    /// The first answer that passes, and how many were looked at.
    func ask<Answer>(
        _ request: ChatRequest, _ check: (ChatReply) throws(AnswerFault) -> Answer
    ) throws(ChatError) -> (answer: Answer, attempts: Int) {
        var asking = request
        var attempt = 0
        while true {
            if isCancelled() { throw .interrupted }
            let reply = try model.reply(to: asking)
            attempt += 1
            let fault: AnswerFault
            switch Result(catching: { () throws(AnswerFault) in try check(reply) }) {
            case .success(let answer):
                try model.keep(reply, to: request)
                return (answer, attempt)
            case .failure(let found): fault = found
            }
            guard model.asksAgain, attempt < attempts else {
                try model.refuse(request, because: fault.reason)
                throw .refused(request: request.name, reason: fault.reason, attempts: attempt)
            }
            asking.complaint = fault.reason
        }
    }
}
