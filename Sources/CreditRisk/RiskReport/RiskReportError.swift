public import DurableFiles

/// What a report of risk cannot be made of. No message holds a customer's number or a value.
public enum RiskReportError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A setting that cannot be meant.
    case badSetting(name: String, expected: String)
    /// Arrays do not fit together, or an element is not possible.
    case applicants(String)
    /// Files.
    case file(FileError)
    /// Bytes that are no model card.
    case card(reason: String)

    /// Place, reason, remedy.
    public var description: String {
        switch self {
        case .badSetting(let name, let expected): "settings: \(name) must be \(expected)"
        case .applicants(let reason): "applicants: \(reason)"
        case .file(let error): error.description
        case .card(let reason): "model card: \(reason); have the run write it again"
        }
    }
}

/// Checks that parts of a report share.
enum RiskArrays {
    /// Refuses scores and outcomes that do not belong together or are not possible; both outcomes need not be there.
    static func check(scores: [Float], _ what: String, outcomes: [Float], customers: [UInt64]?) throws(RiskReportError) {
        guard !outcomes.isEmpty else { throw .applicants("there are none; give some with known outcomes") }
        guard scores.count == outcomes.count, customers.map({ $0.count == outcomes.count }) ?? true else {
            throw .applicants(
                "\(scores.count) \(what), \(outcomes.count) outcomes and \(customers?.count ?? outcomes.count) customers; give one of each")
        }
        if let place = scores.firstIndex(where: { !$0.isFinite }) {
            throw .applicants("applicant \(place) (from 0): one of the \(what) is not a finite number; leave the applicant out")
        }
        if let place = outcomes.firstIndex(where: { $0 != 0 && $0 != 1 }) {
            throw .applicants("applicant \(place) (from 0): the outcome is not known to be 0 or 1; leave the applicant out")
        }
    }

    /// Small numbers for customers, for resampling them whole.
    static func clusters(_ customers: [UInt64]?) -> [Int32]? {
        guard let customers else { return nil }
        var numbers: [UInt64: Int32] = [:]
        return customers.map { customer in
            if let known = numbers[customer] { return known }
            let number = Int32(numbers.count)
            numbers[customer] = number
            return number
        }
    }
}
