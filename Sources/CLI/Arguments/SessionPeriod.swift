internal import ArgumentParser
internal import EventStream
internal import FoundationEssentials
internal import IntentTaxonomy

/// Which sessions a command uses, by when they begin.
struct SessionPeriod: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Use sessions that begin at this time or later (2026-11-08, or with a time: 2026-11-08T12:00:00Z).", valueName: "time"))
    var from: Moment?
    @Option(help: ArgumentHelp("Use sessions that begin before this time.", valueName: "time")) var before: Moment?

    func validate() throws {
        if let from, let before, from.microseconds >= before.microseconds { throw ValidationError("--from must lie before --before") }
    }

    /// The sessions; nil for all.
    func sessions(of corpus: Corpus) throws -> Set<Int>? {
        guard from != nil || before != nil else { return nil }
        guard corpus.schema.hasTime else {
            throw CommandFault(
                code: 65, place: corpus.path, reason: "its events have no times, so --from and --before choose nothing",
                remedy: "leave them out")
        }
        let range = (from?.microseconds ?? .min)..<(before?.microseconds ?? .max)
        let chosen = (0..<corpus.sessionCount).filter { session in
            let events = corpus.events(ofSession: session)
            return !events.isEmpty && range.contains(corpus.timesMicroseconds[events.lowerBound])
        }
        guard !chosen.isEmpty else {
            throw CommandFault(
                code: 65, place: corpus.path, reason: "no session begins in the period asked for",
                remedy: "look at its times with: tessera inspect \(corpus.path)")
        }
        return Set(chosen)
    }

    /// The labelled sessions of the period whose visitors have none outside of it, so that nobody who taught also judges; nil for all.
    func trainingSessions(of corpus: Corpus, labels: LabelSet) throws -> (chosen: Set<Int>?, shared: Int) {
        guard let inside = try sessions(of: corpus) else { return (nil, 0) }
        let labelled = Set(labels.annotations.map(\.session))
        let others = Set(labelled.subtracting(inside).map { corpus.visitor(ofSession: $0) })
        let within = labelled.intersection(inside)
        let chosen = within.filter { !others.contains(corpus.visitor(ofSession: $0)) }
        return (chosen, within.count - chosen.count)
    }

    static let everything = "all labelled sessions"

    /// In words, for the card of what is trained.
    var text: String {
        switch (from, before) {
        case (nil, nil): Self.everything
        case (let from?, nil): "sessions from \(from.text), of visitors without labels outside"
        case (nil, let before?): "sessions before \(before.text), of visitors without labels outside"
        case (let from?, let before?): "sessions from \(from.text), before \(before.text), of visitors without labels outside"
        }
    }
}

/// A date, or a date and a time in UTC or with its offset.
struct Moment: ExpressibleByArgument, Equatable {
    let text: String
    let microseconds: Int64

    init?(argument: String) {
        let whole = argument.utf8.count == 10 ? argument + "T00:00:00Z" : argument
        guard let date = try? Date(whole, strategy: .iso8601) else { return nil }
        let seconds = date.timeIntervalSince1970
        guard seconds >= 0, seconds < 9_223_372_036 else { return nil }
        text = argument
        microseconds = Int64((seconds * 1e6).rounded())
    }
}
