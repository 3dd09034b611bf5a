public import DurableFiles

/// What is wrong with applicants, settings or files of teachers and students. Messages name columns, never a customer or a value.
public enum StageDistillationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A setting that cannot be meant.
    case badSetting(name: String, expected: String)
    /// Columns of a table do not fit together.
    case table(String)
    /// An applicant, by number from 0, has something that cannot be used.
    case applicant(number: Int, reason: String, remedy: String)
    /// Examples that nothing can be learnt from.
    case examples(String)
    /// A student was given what is known only while the service runs.
    case inServiceFields([String])
    /// Columns that the model was not trained on.
    case otherFields(missing: [String], unexpected: [String])
    /// The columns are those of the training in another order.
    case otherOrder
    /// The teacher knew other applicants than those the student is to learn from.
    case otherCustomers(missing: Int, unexpected: Int)
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
        case .badSetting(let name, let expected): "settings: \(name) must be \(expected)"
        case .table(let reason): "applicants: \(reason)"
        case .applicant(let number, let reason, let remedy): "applicant \(number) (from 0): \(reason); \(remedy)"
        case .examples(let reason): "examples: \(reason)"
        case .inServiceFields(let names):
            "fields: \(Self.list(names)) are known only after the service is granted, and this is a student, which decides before; "
                + "take them out of its tables"
        case .otherFields(let missing, let unexpected):
            "fields: missing \(Self.list(missing)), not known \(Self.list(unexpected)); give the fields of the training"
        case .otherOrder: "fields: they stand in another order than in the training; give them in that order"
        case .otherCustomers(let missing, let unexpected):
            "teacher: \(missing) applicants of the student were not its own and \(unexpected) of its own are not the student's; "
                + "make its targets from the same applicants"
        case .notFinite(let step, let rate):
            "training step \(step): the loss or its gradient is not a finite number at learning rate \(rate); lower the rate"
        case .cancelled: "stopped"
        case .file(let error): error.description
        case .folder(let fault): fault.told(of: "model", writtenBy: "its training")
        }
    }

    private static func list(_ names: [String]) -> String { names.isEmpty ? "none" : names.joined(separator: ", ") }
}
