internal import DurableFiles

/// Writes the rows of visitors as CSV or JSON Lines. Both hold the same events in the same order: visitor by visitor, by time inside.
struct ClickWriter: ~Copyable {
    private var file: OutputFile
    private let format: BankConfiguration.Format
    private let texts: ClickTexts

    static let header: StaticString =
        "visitor_id,session_id,customer_id,time_ms,url,title,event,query,source,medium,campaign,device,browser,scroll\n"

    static func name(_ format: BankConfiguration.Format) -> String { format == .csv ? "clicks.csv" : "clicks.jsonl" }

    init(_ format: BankConfiguration.Format, in folder: String, _ fileSystem: FileSystem, _ texts: ClickTexts) throws(SimulationError) {
        file = try OutputFile(creating: "\(folder)/\(Self.name(format))", in: fileSystem)
        self.format = format
        self.texts = texts
        if format == .csv { file.write(Self.header) }
    }

    mutating func write(_ visitor: SimulatedVisitor) throws(SimulationError) {
        for (number, session) in visitor.sessions.enumerated() {
            for index in session.events.indices {
                if format == .csv { csv(visitor, number, session, index) } else { json(visitor, number, session, index) }
            }
            try file.drain()
        }
    }

    mutating func finish() throws(SimulationError) { try file.finish() }

    private mutating func keys(_ visitor: SimulatedVisitor, _ session: Int, between: StaticString) {
        file.write(visitor: visitor.number)
        file.write(between)
        file.write(session: session, of: visitor.number)
    }

    private static func isKnown(_ session: SimulatedSession, _ index: Int) -> Bool {
        session.firstKnownEvent.map { index >= $0 } ?? false
    }

    private mutating func csv(_ visitor: SimulatedVisitor, _ number: Int, _ session: SimulatedSession, _ index: Int) {
        let event = session.events[index]
        let comma = UInt8(ascii: ",")
        keys(visitor, number, between: ",")
        file.write(byte: comma)
        if Self.isKnown(session, index), let customer = visitor.customer {
            file.write(customer: customer)
        }
        file.write(byte: comma)
        file.write(number: event.time)
        file.write(byte: comma)
        file.write(visitor.hidesTitles ? texts.csvPagesUntitled[event.page] : texts.csvPages[event.page])
        file.write(byte: comma)
        if let query = event.query { file.write(query.typed) }
        file.write(byte: comma)
        if index == 0 && !visitor.blocksScripts { file.write(texts.csvArrivals[session.arrival]) } else { file.write(",,") }
        file.write(byte: comma)
        file.write(visitor.device.rawValue)
        file.write(byte: comma)
        file.write(visitor.browser)
        file.write(byte: comma)
        if !visitor.blocksScripts { file.write(number: Int64(event.scroll * 25)) }
        file.write(byte: UInt8(ascii: "\n"))
    }

    private mutating func json(_ visitor: SimulatedVisitor, _ number: Int, _ session: SimulatedSession, _ index: Int) {
        let event = session.events[index]
        file.write("{\"visitor_id\":\"")
        keys(visitor, number, between: "\",\"session_id\":\"")
        if Self.isKnown(session, index), let customer = visitor.customer {
            file.write("\",\"customer_id\":\"")
            file.write(customer: customer)
        }
        file.write("\",\"time_ms\":")
        file.write(number: event.time)
        file.write(visitor.hidesTitles ? texts.jsonPagesUntitled[event.page] : texts.jsonPages[event.page])
        if let query = event.query {
            file.write(",\"query\":\"")
            file.write(query.typed)
            file.write(byte: UInt8(ascii: "\""))
        }
        if index == 0 && !visitor.blocksScripts { file.write(texts.jsonArrivals[session.arrival]) }
        file.write(",\"device\":\"")
        file.write(visitor.device.rawValue)
        file.write("\",\"browser\":\"")
        file.write(visitor.browser)
        if visitor.blocksScripts {
            file.write("\"}\n")
        } else {
            file.write("\",\"scroll\":")
            file.write(number: Int64(event.scroll * 25))
            file.write("}\n")
        }
    }
}
