extension ExportInput {
    /// The whole content as UTF-8, for small files that are not exports of events. To be asked for once.
    package func wholeText() throws(ExportError) -> [UInt8] {
        let window = window(.utf8)
        var text: [UInt8] = []
        while true {
            let isMore = try window.extend()
            text.append(contentsOf: UnsafeBufferPointer(start: window.bytes + window.start, count: window.end - window.start))
            window.consume(window.end - window.start)
            if !isMore { return text }
        }
    }
}
