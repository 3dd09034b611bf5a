internal import DurableFiles

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Writes what the export hides: per session the need and how sure one could be of it.
struct TruthWriter: ~Copyable {
    private var file: OutputFile
    private let needs: [HiddenNeed]
    private var judged = 0
    private var right = 0
    private var logLoss = 0.0

    init(in folder: String, _ fileSystem: FileSystem, _ source: VisitorSource) throws(SimulationError) {
        needs = source.tables.needs
        var list = try OutputFile(creating: "\(folder)/truth/needs.csv", in: fileSystem)
        list.write("id,name,definition,family,share\n")
        for (need, share) in zip(needs, source.tables.prior) {
            list.write("\(need.id),\"\(need.name)\",\"\(need.definition)\",\(need.family),")
            list.write(fraction: Double(share))
            list.write("\n")
        }
        try list.finish()
        file = try OutputFile(creating: "\(folder)/truth/sessions.csv", in: fileSystem)
        file.write("session_id,visitor_id,mode,is_bot,need,best_need,best_probability,need_probability\n")
    }

    /// - Parameter posteriors: the reference for each session of a person; nil where there is none.
    mutating func write(_ visitor: SimulatedVisitor, _ posteriors: [[Float]?]) throws(SimulationError) {
        for (number, session) in visitor.sessions.enumerated() {
            file.write(session: number, of: visitor.number)
            file.write(",")
            file.write(visitor: visitor.number)
            file.write(",")
            file.write(session.mode.rawValue)
            file.write(visitor.isBot ? ",1,,,,\n" : ",0,")
            if visitor.isBot { continue }
            file.write(needs[session.need].id)
            if let posterior = posteriors[number] {
                let best = posterior.indices.max { posterior[$0] < posterior[$1] }!
                file.write(",\(needs[best].id),")
                file.write(fraction: Double(posterior[best]))
                file.write(",")
                file.write(fraction: Double(posterior[session.need]))
                file.write("\n")
                judged += 1
                if best == session.need { right += 1 }
                logLoss -= log(max(Double(posterior[session.need]), 1e-12))
            } else {
                file.write(",,,\n")
            }
        }
        try file.drain()
    }

    mutating func finish() throws(SimulationError) -> (accuracy: Double, logLoss: Double)? {
        try file.finish()
        return judged == 0 ? nil : (Double(right) / Double(judged), logLoss / Double(judged))
    }
}
