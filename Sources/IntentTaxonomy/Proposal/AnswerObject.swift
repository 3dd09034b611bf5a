internal import FoundationEssentials

/// Why an answer cannot be used, in words that can be told to the model; no word of the answer is in it.
struct AnswerFault: Error, Equatable {
    let reason: String

    init(_ reason: String) { self.reason = reason }
}

/// Finds the one JSON object in an answer.
enum AnswerObject {
    /// Decodes it. Prose and fences around it are tolerated where exactly one object is inside, so that nothing has to be guessed.
    static func read<Value: Decodable>(_ type: Value.Type, from reply: ChatReply) throws(AnswerFault) -> Value {
        switch reply.ending {
        case .complete: break
        case .cutOff: throw AnswerFault("it stops half-way, at the limit of tokens")
        case .refused: throw AnswerFault("the model declined to answer")
        }
        let object = try sole(in: Array(reply.text.utf8))
        do { return try JSONDecoder().decode(Value.self, from: Data(object)) } catch let error as DecodingError {
            throw AnswerFault(place(of: error))
        } catch { throw AnswerFault("it is not of the schema") }
    }

    /// The bytes of the only object among the outermost braces of a text.
    static func sole(in text: [UInt8]) throws(AnswerFault) -> ArraySlice<UInt8> {
        var found: [ArraySlice<UInt8>] = []
        var start = 0
        while let brace = text[start...].firstIndex(of: UInt8(ascii: "{")) {
            guard let end = end(of: text, from: brace) else { throw AnswerFault("it stops half-way: a JSON object in it has no end") }
            let piece = text[brace...end]
            if (try? JSONDecoder().decode(AnyObjectAtAll.self, from: Data(piece))) != nil { found.append(piece) }
            start = end + 1
        }
        if found.isEmpty { throw AnswerFault("there is no JSON object in it (a refusal, or plain prose)") }
        guard found.count == 1 else { throw AnswerFault("there are \(found.count) JSON objects in it, and one is asked for") }
        return found[0]
    }

    /// The brace that closes the one at `start`; braces in strings do not count.
    private static func end(of text: [UInt8], from start: Int) -> Int? {
        var depth = 0
        var isString = false
        var place = start
        while place < text.count {
            switch text[place] {
            case UInt8(ascii: "\\") where isString: place += 1
            case UInt8(ascii: "\""): isString.toggle()
            case UInt8(ascii: "{") where !isString: depth += 1
            case UInt8(ascii: "}") where !isString:
                depth -= 1
                if depth == 0 { return place }
            default: break
            }
            place += 1
        }
        return nil
    }

    private static func place(of error: DecodingError) -> String {
        func path(_ context: DecodingError.Context) -> String {
            // Only keys of the schema and numbers of entries: a key of a dictionary could be the model's own word.
            context.codingPath.map { key in key.intValue.map { "[\($0)]" } ?? key.stringValue }.joined(separator: ".")
        }
        switch error {
        case .keyNotFound(let key, let context):
            let place = path(context)
            return "the key \(key.stringValue) is missing" + (place.isEmpty ? "" : " in \(place)")
        case .typeMismatch(_, let context), .valueNotFound(_, let context): return "\(path(context)) has the wrong type"
        case .dataCorrupted: return "it is not JSON"
        @unknown default: return "it is not of the schema"
        }
    }
}

/// Any JSON object, whatever is in it.
private struct AnyObjectAtAll: Decodable {
    private struct AnyKey: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { return nil }
    }

    init(from decoder: any Decoder) throws { _ = try decoder.container(keyedBy: AnyKey.self) }
}
