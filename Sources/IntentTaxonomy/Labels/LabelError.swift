public import DurableFiles
public import EventStream

/// Why labels cannot be read, kept or trained on. Texts never hold what stands in a field.
public enum LabelError: Error, Sendable, Equatable, CustomStringConvertible, CarriesFileError {
    /// A file could not be read or written.
    case file(FileError)
    /// A label file could not be unpacked or is not text.
    case input(ExportError)
    /// A label file's columns are not those of either table form.
    case badHeader(file: String, reason: String, remedy: String)
    /// A label file is neither JSON Lines nor a table.
    case unknownForm(file: String)
    /// Labels were given under other definitions than those of the taxonomy at hand.
    case taxonomyDiffers(place: String, labelled: String, present: String)
    /// The label set belongs to another corpus.
    case otherCorpus(path: String)
    /// Not one row could be used.
    case nothingLabelled(rejects: Int)
    /// No intent is left to train, or a named one cannot be.
    case nothingToTrain(reason: String, remedy: String)
    /// An option names an intent that the taxonomy does not have, or a group.
    case noSuchIntent(id: String)
    /// An option names an annotator without labels.
    case noSuchAnnotator(name: String)
    /// The folder holds no label set.
    case notALabelSet(path: String)
    /// The label set was written by a newer version.
    case unsupportedVersion(path: String, found: Int, newest: Int)
    /// The label set is not what was written.
    case damaged(path: String, reason: String)

    /// Wraps a file error.
    public init(_ error: FileError) { self = .file(error) }

    /// Place, reason and remedy.
    public var description: String {
        switch self {
        case .file(let error): "\(error)"
        case .input(let error): "\(error)"
        case .badHeader(let file, let reason, let remedy): "\(file):1: \(reason); \(remedy)"
        case .unknownForm(let file):
            "\(file): neither JSON Lines nor a table with a header; each line needs a JSON object, or the first the columns' names"
        case .taxonomyDiffers(let place, let labelled, let present):
            "\(place): labelled under taxonomy \(labelled.prefix(12))…, and the one given is \(present.prefix(12))…; give the taxonomy of "
                + "that time, label again, or, where the definitions still mean the same, accept the old digest by name: "
                + "--accept-taxonomy \(labelled)"
        case .otherCorpus(let path): "\(path): these labels belong to another corpus; import them again for this one"
        case .nothingLabelled(let rejects):
            rejects == 0
                ? "labels: there is not one row; check that the file is the right one"
                : "labels: not one row can be used, \(rejects) were refused; read the reasons above, or list them with --rejects FILE"
        case .nothingToTrain(let reason, let remedy): "labels: \(reason); \(remedy)"
        case .noSuchIntent(let id): "\(id): the taxonomy has no intent of this id that can be assigned; check its spelling"
        case .noSuchAnnotator(let name): "\(name): nobody of this name labelled anything; check its spelling"
        case .notALabelSet(let path): "\(path): holds no label set (no \(LabelSet.manifestFile)); make one with: tessera labels import"
        case .unsupportedVersion(let path, let found, let newest):
            "\(path): label set of format \(found), this program reads up to \(newest); use a newer program"
        case .damaged(let path, let reason): "\(path): \(reason); import the labels again"
        }
    }
}
