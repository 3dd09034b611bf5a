public import DurableFiles
internal import FoundationEssentials

/// Which intents a classifier must not tell, since when, and who allowed them again: the file `suspensions.json` in its directory.
///
/// It lies in the directory, so that it travels with every copy and is kept when a classifier is packed over another; it is not sealed with
/// it, so that the classifier keeps its id and what it said before can still be made again. Label lines name the intents in force. The file
/// holds for whatever classifier lies in the directory, also for one packed over it that has another id; a ledger's suspensions hold for
/// the id that they name alone.
/// Nothing is ever removed from the file: a suspension ends by an approval with name and date, which stands beside it.
public struct IntentSuspensions: Sendable, Equatable, Codable {
    /// One suspension, and its end.
    public struct Entry: Sendable, Equatable, Codable {
        /// The intent's id.
        public var intent: String
        /// The classifier's id when it was suspended.
        public var classifier: String
        /// Why, such as what a review found.
        public var reason: String
        /// Who suspended it.
        public var by: String
        /// When: ISO 8601.
        public var at: String
        /// Who allowed it again; nil while it is in force.
        public var lifted: Lift?
    }

    /// The end of a suspension.
    public struct Lift: Sendable, Equatable, Codable {
        /// Who answers for it.
        public var by: String
        /// When: ISO 8601.
        public var at: String
        /// Anything a later reader should know.
        public var note: String?

        /// An approval.
        public init(by: String, at: String, note: String? = nil) { (self.by, self.at, self.note) = (by, at, note) }
    }

    /// The file in a classifier's directory.
    public static let file = "suspensions.json"
    /// All suspensions there ever were, the oldest first.
    public private(set) var entries: [Entry] = []

    /// None.
    public init() {}

    /// Ids of the intents in force, sorted.
    public var inForce: [String] { Set(entries.filter { $0.lifted == nil }.map(\.intent)).sorted() }

    /// Suspends an intent; one that is suspended already stays as it is.
    /// - Returns: whether it was not suspended before.
    @discardableResult
    public mutating func suspend(_ intent: String, classifier: String, reason: String, by: String, at: String) -> Bool {
        guard !inForce.contains(intent) else { return false }
        entries.append(Entry(intent: intent, classifier: classifier, reason: reason, by: by, at: at, lifted: nil))
        return true
    }

    /// Ends the suspension of an intent.
    /// - Returns: whether it was suspended.
    @discardableResult
    public mutating func lift(_ intent: String, _ lift: Lift) -> Bool {
        var isFound = false
        for place in entries.indices where entries[place].intent == intent && entries[place].lifted == nil {
            entries[place].lifted = lift
            isFound = true
        }
        return isFound
    }

    /// Both, the older first, each once; where one knows of an end, it holds.
    public func joined(with others: IntentSuspensions) -> IntentSuspensions {
        var joined = self
        for other in others.entries {
            let place = joined.entries.firstIndex {
                ($0.intent, $0.classifier, $0.at, $0.by, $0.reason) == (other.intent, other.classifier, other.at, other.by, other.reason)
            }
            if let place {
                if joined.entries[place].lifted == nil { joined.entries[place].lifted = other.lifted }
            } else {
                joined.entries.append(other)
            }
        }
        joined.entries.sort { ($0.at, $0.intent) < ($1.at, $1.intent) }
        return joined
    }

    // MARK: The file

    /// The bytes of the file.
    public var bytes: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        // Texts: nothing of this can be refused.
        return Array(try! encoder.encode(self)) + [0x0A]
    }

    /// Reads the file of a classifier's directory; none where there is no such file.
    ///
    /// A file that cannot be read is an error, for it may withhold something.
    public init(in folder: String, _ fileSystem: FileSystem = .live) throws(IntentClassifierError) {
        let path = "\(folder)/\(Self.file)"
        let bytes: [UInt8]
        do throws(FileError) {
            guard try fileSystem.status(of: path) != nil else { return }
            bytes = try fileSystem.contents(of: path, limit: 1 << 24)
        } catch { throw .file(error) }
        guard let read = try? JSONDecoder().decode(Self.self, from: Data(bytes)) else {
            throw .suspensions(path: path, reason: "it cannot be read")
        }
        for entry in read.entries {
            guard Intent.isWellFormed(id: entry.intent), !entry.by.isEmpty, !entry.at.isEmpty else {
                throw .suspensions(path: path, reason: "a suspension does not say of what, by whom and when")
            }
            if let lift = entry.lifted, lift.by.allSatisfy(\.isWhitespace) || lift.at.isEmpty {
                throw .suspensions(path: path, reason: "a suspension ends without a name and a date")
            }
        }
        self = read
    }

    /// Writes the file into a classifier's directory, whole or not at all.
    public func write(in folder: String, _ fileSystem: FileSystem = .live) throws(IntentClassifierError) {
        do { try AtomicFile.write(bytes, to: "\(folder)/\(Self.file)", in: fileSystem) } catch {
            throw .file(error)
        }
    }
}
