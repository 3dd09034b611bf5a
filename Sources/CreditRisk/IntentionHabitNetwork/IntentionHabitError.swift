public import DurableFiles

/// What is wrong with applicants, settings or files of the intention and habit network. No message holds a customer's identifier.
public enum IntentionHabitError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The rules of merging contradict one another.
    case vocabulary(String)
    /// A setting that cannot be meant.
    case badSetting(name: String, expected: String)
    /// Columns of a table do not fit together.
    case table(String)
    /// An applicant, by number from 0, has something that cannot be used.
    case applicant(number: Int, reason: String, remedy: String)
    /// Examples that nothing can be learnt from.
    case examples(String)
    /// Profile features that the model was not trained on.
    case otherProfile(group: String, expected: Int, found: Int)
    /// The loss or its gradient is not a number.
    case notFinite(step: Int, learningRate: Double)
    /// The caller stopped it.
    case cancelled
    /// Files of a model.
    case folder(SealedFolder.Fault)
    /// The system refused to write.
    case file(FileError)

    /// Wraps the fault of a training.
    init(_ fault: CreditTraining.Fault) {
        switch fault {
        case .cancelled: self = .cancelled
        case .notFinite(let step, let rate): self = .notFinite(step: step, learningRate: rate)
        }
    }

    /// Place, reason, remedy.
    public var description: String {
        switch self {
        case .vocabulary(let reason): "behaviours: \(reason)"
        case .badSetting(let name, let expected): "settings: \(name) must be \(expected)"
        case .table(let reason): "applicants: \(reason)"
        case .applicant(let number, let reason, let remedy): "applicant \(number) (from 0): \(reason); \(remedy)"
        case .examples(let reason): "examples: \(reason)"
        case .otherProfile(let group, let expected, let found):
            "profile: \(found) features of the \(group), and the model was trained on \(expected); "
                + "give the features of its training in their order"
        case .notFinite(let step, let rate):
            "training step \(step): the loss or its gradient is not a finite number at learning rate \(rate); lower the rate"
        case .cancelled: "stopped"
        case .file(let error): error.description
        case .folder(let fault): fault.told(of: "model", writtenBy: "its training")
        }
    }
}
