internal import DurableFiles

/// Answers as bytes, put together by hand because there are very many.
enum ScoreText {
    /// `{"session":…,"label":…,"embedding":[…],"conversion":…,"events":…,"bundle":{…}}`.
    static func answer(
        _ session: String, _ score: SessionScore, conversion: String?, _ bundle: ServingBundle, events: Int?
    ) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(256 + (score.label?.count ?? 0) + score.embedding.count * 13)
        text += "{\"session\":".utf8
        text += JSONString.quoted(session).utf8
        if let label = score.label {
            text += ",\"label\":".utf8
            text.append(contentsOf: label.dropLast())
        }
        if !score.embedding.isEmpty {
            text += ",\"embedding\":".utf8
            append(score.embedding, to: &text)
        }
        if let conversion {
            text += ",\"conversion\":".utf8
            append(line: conversion, to: &text)
        }
        if let events { text += ",\"events\":\(events)".utf8 }
        text += ",\"bundle\":".utf8
        text += bundle.reference
        text.append(UInt8(ascii: "}"))
        return text
    }

    /// A line of a command with who answered behind it: `{…}\n` becomes `{…,"bundle":{…}}`.
    static func answer(line: String, _ bundle: ServingBundle) -> [UInt8] {
        var text: [UInt8] = []
        append(line: line, to: &text)
        text.removeLast()
        text += ",\"bundle\":".utf8
        text += bundle.reference
        text.append(UInt8(ascii: "}"))
        return text
    }

    /// A line without its end.
    private static func append(line: String, to text: inout [UInt8]) {
        var line = line
        line.withUTF8 { text.append(contentsOf: $0.dropLast()) }
    }

    /// Numbers in the fewest digits that give the same float again, as `tessera embed` writes them.
    static func append(_ floats: some Sequence<Float>, to text: inout [UInt8]) {
        text.append(UInt8(ascii: "["))
        var isFirst = true
        for value in floats {
            if !isFirst { text.append(UInt8(ascii: ",")) }
            isFirst = false
            var digits = value.description
            digits.withUTF8 { text.append(contentsOf: $0) }
        }
        text.append(UInt8(ascii: "]"))
    }
}
