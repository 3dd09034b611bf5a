/// Reads a source with all threads of a crew: each takes the next block of whole rows, reads and numbers it on its own, and adds it
/// to the import when all blocks before it have been added.
///
/// So the rows, the rejects and the first error are those of one thread reading from front to back, and as many blocks are in memory
/// as there are threads. A block with very many rejects waits for its turn on the way and hands them over piece by piece.
enum BlockPipeline {
    /// - Parameter report: called after every block, by one thread at a time; what it throws ends the reading.
    static func run(
        _ source: any BlockSource, into encoder: RowEncoder, _ rejects: inout RejectCollector, _ crew: ImportCrew,
        _ report: (ExportProgress, RejectCollector) throws(ImportError) -> Void
    ) throws(ImportError) {
        let belt = Belt(source, rejects)
        // The last reference must not be given up inside: the collector's file belongs to the caller.
        crew.run(crew.threads) { _ in belt.serve(encoder, report) }
        rejects = belt.rejects
        if let failure = belt.failure { throw failure }
    }
}

private final class Belt: @unchecked Sendable {
    private var source: any BlockSource
    /// Guards the source.
    private let cutting = Gate()
    private var isCut = false
    private var next = 0
    /// Guards everything below.
    private let adding = Gate()
    private var turn = 0
    private var lines: Int
    private(set) var rejects: RejectCollector
    private(set) var failure: ImportError?

    init(_ source: any BlockSource, _ rejects: RejectCollector) {
        self.source = source
        self.rejects = rejects
        lines = source.linesBefore
    }

    private enum Cut {
        case block(Int, ExportProgress)
        case failure(Int, ExportError)
        case end
    }

    func serve(_ encoder: RowEncoder, _ report: (ExportProgress, RejectCollector) throws(ImportError) -> Void) {
        let block = ExportBlock()
        var parser: (any BlockParser)?
        var found = RejectCollector(keepingAll: ())
        var pseudonyms = PseudonymScratch()
        while true {
            let number: Int
            let result: Result<(Int, ExportProgress), ImportError>
            switch cut(into: block, &parser) {
            case .end: return
            case .failure(let failed, let error):
                number = failed
                result = .failure(.export(error))
            case .block(let taken, let progress):
                number = taken
                guard let parser else { preconditionFailure("BlockPipeline: a block without a parser") }
                do throws(ExportError) {
                    guard let lines = try parse(parser, number, &found) else { return }
                    encoder.pseudonymise(parser.rows, &pseudonyms)
                    result = .success((lines, progress))
                } catch {
                    result = .failure(.export(error))
                }
            }
            guard waitForTurn(number) else { return }
            do throws(ImportError) {
                let (read, progress) = try result.get()
                rejects.take(&found, linesBefore: lines)
                lines += read
                if var trailing = block.trailing {
                    lines += 1
                    trailing.line = lines
                    rejects.record(trailing)
                }
                if let rows = parser?.rows { try encoder.merge(rows, pseudonyms) }
                try report(progress, rejects)
            } catch {
                failure = error
            }
            let goesOn = failure == nil
            turn += 1
            adding.signal()
            adding.unlock()
            if !goesOn { return }
        }
    }

    /// The physical lines of a block, once it is read; nil when the reading has failed before it.
    private func parse(_ parser: any BlockParser, _ number: Int, _ found: inout RejectCollector) throws(ExportError) -> Int? {
        var goingOn = false
        while true {
            if let lines = try parser.parse(goingOn: goingOn, rejects: &found) { return lines }
            goingOn = true
            guard waitForTurn(number) else { return nil }
            rejects.take(&found, linesBefore: lines)
            adding.unlock()
        }
    }

    private func cut(into block: ExportBlock, _ parser: inout (any BlockParser)?) -> Cut {
        cutting.lock()
        defer { cutting.unlock() }
        if isCut { return .end }
        let number = next
        do throws(ExportError) {
            guard try source.cut(into: block) else {
                isCut = true
                return .end
            }
            if parser == nil { parser = source.blockParser(for: block) }
            next += 1
            return .block(number, source.progress)
        } catch {
            isCut = true
            next += 1
            return .failure(number, error)
        }
    }

    /// Waits with the lock until a block's turn has come; false, without the lock, when the reading has failed before it.
    private func waitForTurn(_ number: Int) -> Bool {
        adding.lock()
        while turn != number && failure == nil { adding.wait() }
        if failure == nil { return true }
        adding.unlock()
        return false
    }
}
