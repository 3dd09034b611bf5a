internal import DurableFiles

/// Writes which application follows each session of a person.
struct ConversionWriter: ~Copyable {
    private var file: OutputFile
    private let conversions: ConversionSource

    init(in folder: String, _ fileSystem: FileSystem, _ source: VisitorSource) throws(SimulationError) {
        conversions = ConversionSource(source.configuration, source.tables, seed: source.seed)
        file = try OutputFile(creating: "\(folder)/truth/conversions.csv", in: fileSystem)
        file.write("visitor_id,session_id,product,days\n")
    }

    mutating func write(_ visitor: SimulatedVisitor) throws(SimulationError) {
        if visitor.isBot { return }
        for (number, conversion) in conversions.conversions(of: visitor).enumerated() {
            file.write(visitor: visitor.number)
            file.write(byte: UInt8(ascii: ","))
            file.write(session: number, of: visitor.number)
            file.write(byte: UInt8(ascii: ","))
            file.write(conversion.product.rawValue)
            file.write(byte: UInt8(ascii: ","))
            if let days = conversion.days { file.write(number: Int64(days)) }
            file.write(byte: UInt8(ascii: "\n"))
        }
        try file.drain()
    }

    mutating func finish() throws(SimulationError) { try file.finish() }
}
