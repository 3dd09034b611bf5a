internal import DurableFiles

/// Takes: readers of an export.   Gives: a corpus at a path, whole or not at all, and what was counted.
///
/// Memory: rows and one entry for each distinct visitor, native session and value of a categorical, text or url field, together up to
/// ``ImportSettings/memoryLimit``. Beyond it both go through files beside the corpus, so that nothing grows with the file,
/// but for rows of one visitor, session and moment that differ: ``DuplicateFilter`` holds them until the moment has passed.
public struct ExportImporter: Sendable {
    private let settings: ImportSettings

    /// An importer with these settings.
    public init(_ settings: ImportSettings = ImportSettings()) { self.settings = settings }

    /// Reads all sources, one after another, into one corpus.
    /// - Parameters:
    ///   - sources: readers whose mappings keep the same fields.
    ///   - path: where the corpus will stand.
    ///   - rejects: takes every refused row. Whether to go on in spite of them was the caller's choice when it made the collector.
    ///   - willPublish: called when the corpus is whole and before it can be seen, with everything decided that `rejects` will hold: what
    ///     belongs beside it is published here, so that no corpus ever stands without. What it throws ends the import.
    ///   - isCancelled: asked after every batch, from any thread, one call at a time; true ends the import with ``ImportError/cancelled``.
    ///   - progress: told after every batch, from any thread, one call at a time.
    public func run(
        sources: [any EventSource], to path: String, rejects: inout RejectCollector,
        willPublish: () throws(ImportError) -> Void = {}, isCancelled: () -> Bool = { false },
        progress: (ImportProgress) -> Void = { _ in }
    ) throws(ImportError) -> ImportSummary {
        let clock = ContinuousClock()
        let begin = clock.now
        let first = try commonMapping(sources)
        let publication: DirectoryPublication
        do {
            publication = try DirectoryPublication(
                at: path, replacing: settings.replacesCorpus, marker: CorpusFormat.schemaFile, in: settings.fileSystem)
        } catch { throw .file(error) }
        do throws(ImportError) {
            let schema = try build(sources, first, in: publication.temporaryPath, &rejects, isCancelled, progress)
            try willPublish()
            do { try publication.commit() } catch { throw ImportError.file(error) }
            let seconds = begin.duration(to: clock.now) / .seconds(1)
            return ImportSummary(counts: schema.counts, digest: schema.digest, seconds: seconds)
        } catch {
            publication.abandon()
            throw error
        }
    }

    private func build(
        _ sources: [any EventSource], _ mapping: ExportMapping, in directory: String, _ rejects: inout RejectCollector,
        _ isCancelled: () -> Bool, _ progress: (ImportProgress) -> Void
    ) throws(ImportError) -> EventSchema {
        // Item sequences: every line is a session of its own, and nobody's.
        let isItems = mapping.format == .items
        let hasTime = mapping.time != nil && !isItems
        let encoder = RowEncoder(
            mapping, hasSessions: isItems || mapping.session != nil, hasTime: hasTime, settings: settings, directory: directory)

        let crew = ImportCrew(threads: settings.threads)
        for (number, waiting) in sources.enumerated() {
            let source = try opened(waiting, first: sources[0])
            func report(_ bytes: ExportProgress, _ rejects: RejectCollector) throws(ImportError) {
                progress(
                    ImportProgress(
                        phase: .reading, rows: encoder.store.count, rowsTotal: nil, file: number, bytes: bytes,
                        rejects: rejects.total))
                if isCancelled() { throw .cancelled }
            }
            if settings.readsInBlocks, let blocks = source as? any BlockSource {
                try BlockPipeline.run(blocks, into: encoder, &rejects, crew, report)
            } else {
                try read(source, mapping, into: encoder, &rejects, report)
            }
        }
        guard encoder.store.count > 0 else { throw .noEvents(rejects: rejects.total) }
        let repeated = try encoder.repeatedRows(crew)
        let ordered = try encoder.finish()

        // Equal rows are no repetitions in exports without times and order.
        let comparesRows = settings.dropsDuplicates && (hasTime || !mapping.order.isEmpty)
        let duplicates =
            comparesRows || repeated != nil
            ? DuplicateFilter(ordered.order.layout, comparesRows: comparesRows, repeated: repeated) : nil
        let writer: CorpusWriter
        do {
            writer = try CorpusWriter(
                directory, schema: schema(mapping, hasTime, pairs: sources.first?.hasPairs ?? false), layout: ordered.order.layout,
                tables: ordered.tables, zone: mapping.time?.zone.flatMap { TimeZoneOffset($0) }?.seconds ?? 0,
                hasVisitorKeys: !isItems, duplicates: duplicates,
                memory: settings.memoryLimit / 2, in: settings.fileSystem, crew)
        } catch { throw .file(error) }
        let sort = ExternalSort(
            encoder.store, order: ordered.order, resolver: ordered.resolver, runsPath: directory + "/.runs", in: settings.fileSystem)
        let openSessions =
            hasTime && encoder.withoutSession > 0
            ? OpenSessions(
                ordered.order.layout, withoutID: encoder.rowsWithoutSession, gap: settings.sessions.gapMicroseconds) : nil
        let total = encoder.store.count
        let rejected = rejects.total
        var done = 0
        try sort.forEachBlock(dropping: duplicates, joining: openSessions, crew) { (block, meanwhile) throws(ImportError) in
            do throws(FileError) { try writer.write(block.rows, meanwhile) } catch { throw .file(error) }
            done += block.taken
            // Blocks are small; the caller is asked as often as while reading.
            guard done % (RowBlock.capacity * 8) == 0 || done == total else { return }
            progress(
                ImportProgress(
                    phase: .writing, rows: done, rowsTotal: total, file: sources.count - 1,
                    bytes: ExportProgress(bytesRead: 0, bytesTotal: nil), rejects: rejected))
            if isCancelled() { throw .cancelled }
        }
        var counts = EventSchema.Counts()
        counts.rejects = Dictionary(uniqueKeysWithValues: rejects.countsByReason.map { ($0.key.rawValue, $0.value) })
        counts.skipped = rejects.skipped
        counts.withoutSession = encoder.withoutSession
        counts.joinedSession = openSessions?.joined ?? 0
        do throws(FileError) {
            let schema = try writer.finish(counts)
            try ordered.merge?.remove()
            return schema
        } catch { throw .file(error) }
    }

    /// A source whose turn has come; it is closed when it has been read, and before the next is opened.
    private func opened(_ source: any EventSource, first: any EventSource) throws(ImportError) -> any EventSource {
        guard let deferred = source as? DeferredSource else { return source }
        let opened: any EventSource
        do { opened = try deferred.opened() } catch { throw .export(error) }
        // It may have been replaced since it was looked at.
        try Self.agree(opened, first)
        return opened
    }

    /// Reads a source that only comes batch by batch.
    private func read(
        _ source: any EventSource, _ mapping: ExportMapping, into encoder: RowEncoder, _ rejects: inout RejectCollector,
        _ report: (ExportProgress, RejectCollector) throws(ImportError) -> Void
    ) throws(ImportError) {
        var source = source
        var batch = mapping.emptyBatch()
        let rows = CodedRows(mapping)
        var pseudonyms = PseudonymScratch()
        while true {
            batch.removeAll()
            let isMore: Bool
            do { isMore = try source.read(into: &batch, rejects: &rejects) } catch { throw .export(error) }
            if !isMore { return }
            rows.removeAll()
            rows.append(batch)
            encoder.pseudonymise(rows, &pseudonyms)
            try encoder.merge(rows, pseudonyms)
            try report(source.progress, rejects)
        }
    }

    private func schema(_ mapping: ExportMapping, _ hasTime: Bool, pairs: Bool) -> EventSchema {
        let identities = mapping.fields.filter { $0.kind == .identity }.map(\.name)
        return EventSchema(
            formatVersion: CorpusFormat.version, digest: "", counts: EventSchema.Counts(),
            fields: mapping.fields.map { EventSchema.Field($0) }, hasTime: hasTime, pairs: pairs, sessions: settings.sessions,
            dwellCapSeconds: settings.dwellCapSeconds,
            pseudonymised: settings.pseudonymKey == nil
                ? [] : ["visitor"] + settings.identifierFields + identities.filter { !settings.identifierFields.contains($0) },
            mapping: mapping)
    }

    /// The mapping of the first source, once all sources and the settings agree with it.
    private func commonMapping(_ sources: [any EventSource]) throws(ImportError) -> ExportMapping {
        precondition(!sources.isEmpty, "ExportImporter: no sources")
        let first = sources[0].mapping
        for source in sources.dropFirst() { try Self.agree(source, sources[0]) }
        if let fault = settings.sessions.fault { throw .settings(reason: fault, remedy: "change the session rules") }
        guard settings.dwellCapSeconds > 0 else {
            throw .settings(reason: "the longest dwell must be above 0 seconds", remedy: "change it, or leave it out")
        }
        if let key = settings.pseudonymKey, key.isEmpty {
            throw .settings(reason: "the pseudonym key is empty", remedy: "give a key, best 32 random bytes")
        }
        for name in settings.sessions.splitOnChange + settings.identifierFields {
            guard let field = first.fields.first(where: { $0.name == name }) else {
                throw .settings(reason: "there is no field \(name)", remedy: "name a field of the mapping")
            }
            guard !field.isNumeric else {
                throw .settings(reason: "field \(name) is numeric", remedy: "make it categorical in the mapping")
            }
        }
        return first
    }

    private static func agree(_ source: any EventSource, _ firstSource: any EventSource) throws(ImportError) {
        let (other, first) = (source.mapping, firstSource.mapping)
        guard other.fields.map(\.name) == first.fields.map(\.name), other.fields.map(\.isNumeric) == first.fields.map(\.isNumeric),
            other.order.count == first.order.count, (other.time == nil) == (first.time == nil),
            (other.session == nil) == (first.session == nil),
            other.duplicates.isEmpty == first.duplicates.isEmpty, (other.visitor == nil) == (first.visitor == nil),
            (other.format == .items) == (first.format == .items), source.hasPairs == firstSource.hasPairs
        else {
            throw .settings(
                reason: "the files are not of one kind: they differ in fields, times, sessions or form",
                remedy: "import them apart, or give a mapping that fits all")
        }
    }
}
