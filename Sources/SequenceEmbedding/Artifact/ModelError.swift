public import DurableFiles
public import SequenceKernel

/// A model directory cannot be read or written.
public enum ModelError: Error, CarriesFileError, CustomStringConvertible {
    /// The system refused.
    case file(FileError)
    /// The directory has no manifest, so it is not a model.
    case notAModel(path: String)
    /// Written by a newer Tessera.
    case unsupportedVersion(path: String, found: Int, newestSupported: Int)
    /// A file is missing, cut off or was changed after it was written.
    case damaged(path: String, file: String, reason: String)
    /// Weights that are not those the configuration asks for.
    case parametersDiffer(path: String, differences: String)
    /// The tensors cannot be read.
    case tensors(path: String, SafetensorsError)

    /// Wraps a file error.
    public init(_ error: FileError) { self = .file(error) }

    /// Place, reason, remedy.
    public var description: String {
        switch self {
        case .file(let error): error.description
        case .notAModel(let path): "\(path): not a model of Tessera (no \(ModelFiles.manifest)); name the directory that pretrain wrote"
        case .unsupportedVersion(let path, let found, let newest):
            "\(path): model format \(found), this program reads up to \(newest); use a newer Tessera"
        case .damaged(let path, let file, let reason):
            "\(path)/\(file): \(reason); copy the model again or train it anew"
        case .parametersDiffer(let path, let differences):
            "\(path)/\(ModelFiles.weights): its tensors are not those that \(ModelFiles.configuration) asks for (\(differences)); "
                + "copy the model again"
        case .tensors(let path, let error): "\(path)/\(ModelFiles.weights): \(error)"
        }
    }
}

/// Names inside a model directory.
public enum ModelFiles {
    /// Format version, configuration and feature plan: everything to rebuild the shapes.
    public static let configuration = "config.json"
    /// Vocabularies.
    public static let vocabulary = "vocabulary.json"
    /// All weights.
    public static let weights = "model.safetensors"
    /// Ready-made vectors, only where the model has some.
    public static let vectors = "vectors.safetensors"
    /// Copy model and item links of a next-item model, only where it has them.
    public static let prior = "prior.safetensors"
    /// What the run says of itself.
    public static let card = "card.json"
    /// Digests of all other files; the digest over these is the model's id.
    public static let manifest = "manifest.json"
}
