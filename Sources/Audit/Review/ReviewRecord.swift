internal import DurableFiles
internal import FoundationEssentials

/// Verdicts, suspensions and approvals as entries of a ledger, and what of them is in force.
public enum ReviewRecord {
    /// What such entries are done for.
    public static let purpose = "review"

    /// Names the session by design and item alone: entries are never removed, and ids of sessions may tell who somebody is.
    private struct Verdict: Codable, Equatable {
        var design: String
        var item: String
        var entry: Int?
        var shows: [String]?
    }

    private struct Suspension: Codable {
        var intent: String
        var reason: String?
        var design: String?
        var note: String?
        var at: String?
    }

    /// Appends the verdicts that are not yet in the ledger, in one commit. Reading the same sheets again appends nothing; a verdict that
    /// was changed since is appended beside the earlier one.
    ///
    /// An entry names the design, the item and the reviewer, not the session: who has `design.json` can tell which it was, and it may be
    /// removed. For labels of this ledger the entry has the subject of the decision, so that access and erasure find it. For labels of a
    /// file no subject is known: such entries hold nothing by which a person could be found, and are not found either.
    /// - Returns: how many were appended.
    @discardableResult
    public static func append(
        _ reading: SheetReading, of design: ReviewDesign, to ledger: Ledger, software: String
    ) throws(ReviewError) -> Int {
        if design.source.kind == "ledger" {
            var isOwn = false
            do throws(LedgerError) {
                isOwn = try ledger.hasHead(bytes(design.source.digest))
            } catch { throw .ledger(error) }
            guard isOwn else { throw .otherLedger(path: ledger.path) }
        }
        do throws(LedgerError) {
            // The last word of each reviewer on each item stands.
            var last: [String: Verdict] = [:]
            for entry in try ledger.entries(LedgerSelection(kind: .review)) {
                if let verdict = try? JSONDecoder().decode(Verdict.self, from: Data(entry.output)), verdict.design == design.id {
                    last["\(entry.actor) \(verdict.item)"] = verdict
                }
            }
            var entries: [LedgerEntry] = []
            for (number, verdicts) in reading.verdicts.enumerated() {
                for (who, verdict) in verdicts.enumerated() {
                    guard let verdict else { continue }
                    let item = design.items[number], name = design.name(of: number)
                    let actor = who < design.settings.reviewers.count ? design.settings.reviewers[who] : SheetReading.adjudicator
                    let shows: [String]? = if case .shows(let intents) = verdict { intents.sorted() } else { nil }
                    let word = Verdict(design: design.id, item: name, entry: item.entry > 0 ? item.entry : nil, shows: shows)
                    guard last["\(actor) \(name)"] != word else { continue }
                    // Of a decision in this ledger the subject is taken over, so that access and erasure find the verdict, too.
                    var subject: [UInt8] = []
                    if item.entry > 0, design.source.kind == "ledger" {
                        subject = try ledger.entry(at: item.entry).subject
                    }
                    entries.append(
                        LedgerEntry(
                            .review, purpose: purpose, actor: actor, subject: subject, model: bytes(design.source.classifier),
                            taxonomy: bytes(design.source.taxonomyDigest), software: software, output: json(word),
                            evidence: json(["given": item.given])))
                }
            }
            if !entries.isEmpty { try ledger.append(entries) }
            return entries.count
        } catch { throw .ledger(error) }
    }

    /// The entry of a suspension.
    /// - Parameters:
    ///   - classifier: id of the classifier, hexadecimal.
    ///   - taxonomy: digest of the taxonomy, hexadecimal.
    public static func suspension(
        of intent: String, classifier: String, taxonomy: String, design: ReviewDesign, reason: String, by actor: String, software: String
    ) -> LedgerEntry {
        LedgerEntry(
            .suspension, purpose: purpose, actor: actor, model: bytes(classifier), taxonomy: bytes(taxonomy), software: software,
            output: json(Suspension(intent: intent, reason: reason, design: design.id)))
    }

    /// The entry of an approval that ends a suspension.
    /// - Parameter at: when it was given, ISO 8601; the entry's own time is when it was written.
    public static func approval(
        of intent: String, classifier: String, taxonomy: String, at: String, note: String?, by actor: String, software: String
    ) -> LedgerEntry {
        LedgerEntry(
            .approval, purpose: purpose, actor: actor, model: bytes(classifier), taxonomy: bytes(taxonomy), software: software,
            output: json(Suspension(intent: intent, note: note, at: at)))
    }

    /// Intents of one classifier that the ledger says are suspended and that nobody approved later for it, sorted.
    ///
    /// A suspension and an approval hold for the classifier that they name, and for no other of the same taxonomy: to approve one does not
    /// free another. A classifier that is packed anew has another id where anything of it changed, so that the ledger says nothing of it;
    /// what was suspended is then held by the file in its directory, which packing over the old one keeps.
    /// - Parameters:
    ///   - classifier: its id, hexadecimal.
    ///   - taxonomy: digest of its taxonomy, hexadecimal: entries that name another are passed over.
    public static func suspended(in ledger: Ledger, classifier: String, taxonomy: String) throws(ReviewError) -> [String] {
        let (model, words) = (bytes(classifier), bytes(taxonomy))
        var suspended: Set<String> = []
        do throws(LedgerError) {
            let entries = try ledger.entries(LedgerSelection(kind: .suspension)) + ledger.entries(LedgerSelection(kind: .approval))
            for entry in entries.sorted(by: { $0.sequence < $1.sequence }) where entry.model == model && entry.taxonomy == words {
                guard entry.purpose == purpose, let said = try? JSONDecoder().decode(Suspension.self, from: Data(entry.output)) else {
                    continue
                }
                if entry.kind == .suspension { suspended.insert(said.intent) } else { suspended.remove(said.intent) }
            }
        } catch { throw .ledger(error) }
        return suspended.sorted()
    }

    /// What a review entry says: the item it judges, where it is a verdict on a label, and its word.
    static func said(_ entry: LedgerEntry) -> (item: String?, word: String?) {
        struct Given: Decodable { var given: [String] }
        struct Other: Decodable { var verdict: String }
        guard let verdict = try? JSONDecoder().decode(Verdict.self, from: Data(entry.output)) else {
            return (nil, (try? JSONDecoder().decode(Other.self, from: Data(entry.output)))?.verdict)
        }
        let item = "\(verdict.design) \(verdict.item)"
        guard let shows = verdict.shows, let given = (try? JSONDecoder().decode(Given.self, from: Data(entry.evidence)))?.given else {
            return (item, "undecided")
        }
        return (item, Set(shows) == Set(given) ? "confirmed" : "overruled")
    }

    private static func json(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Texts and whole numbers: nothing of this can be refused.
        return Array(try! encoder.encode(value))
    }

    /// The bytes that hexadecimal digits stand for; those of the text where it is none.
    private static func bytes(_ digest: String) -> [UInt8] {
        let digits = Array(digest.utf8)
        return KeyFile.bytes(ofHex: digits) ?? digits
    }
}
