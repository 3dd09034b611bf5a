public import DurableFiles

/// What is wrong with configuration, tables, applicants or files of the time-series framework. No message holds a value of a field or a key.
public enum FrameworkError: Error, Sendable, Equatable, CustomStringConvertible {
    /// An entry of the configuration that cannot be meant.
    case configuration(entry: String, reason: String, remedy: String)
    /// A table, or one of its rows from 1, cannot be used.
    case table(name: String, row: Int?, reason: String, remedy: String)
    /// An applicant, by number from 0, cannot be used.
    case applicant(number: Int, reason: String, remedy: String)
    /// Examples that nothing can be learnt from.
    case examples(String)
    /// Tables that are not those of the training.
    case otherTables(String)
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
        case .configuration(let entry, let reason, let remedy): "configuration: \(entry): \(reason); \(remedy)"
        case .table(let name, let row, let reason, let remedy): "\(name)\(row.map { ", row \($0)" } ?? ""): \(reason); \(remedy)"
        case .applicant(let number, let reason, let remedy): "applicant \(number) (from 0): \(reason); \(remedy)"
        case .examples(let reason): "examples: \(reason)"
        case .otherTables(let reason): "tables: \(reason)"
        case .notFinite(let step, let rate):
            "training step \(step): the loss or its gradient is not a finite number at learning rate \(rate); lower the rate"
        case .cancelled: "stopped"
        case .file(let error): error.description
        case .folder(let fault): fault.told(of: "model", writtenBy: "its training")
        }
    }
}
