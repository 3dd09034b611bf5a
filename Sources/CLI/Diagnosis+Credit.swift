internal import CreditRisk
internal import DurableFiles
internal import Glibc

/// Exit codes of what credit models refuse.
extension Diagnosis {
    /// Nil for errors of other libraries.
    static func credit(_ error: any Error, outputs: [String]) -> Diagnosis? {
        switch error {
        case let error as ScorecardError: Diagnosis(code(error, outputs: outputs), "\(error)")
        case let error as FrameworkError: Diagnosis(code(error, outputs: outputs), "\(error)")
        case let error as IntentionHabitError: Diagnosis(code(error, outputs: outputs), "\(error)")
        case let error as StageDistillationError: Diagnosis(code(error, outputs: outputs), "\(error)")
        case let error as CreditBaselineError: Diagnosis(code(error, outputs: outputs), "\(error)")
        case let error as RiskReportError: Diagnosis(code(error, outputs: outputs), "\(error)")
        default: nil
        }
    }

    private static func code(_ error: ScorecardError, outputs: [String]) -> Int32 {
        switch error {
        case .file(let error), .folder(.file(let error)): code(error, outputs: outputs)
        case .folder(.notThere): EX_NOINPUT
        case .folder, .applicants, .leaks, .noSuchApplicant: EX_DATAERR
        case .configuration, .noFile, .inServiceTable: EX_CONFIG
        case .cancelled: 130
        }
    }

    private static func code(_ error: FrameworkError, outputs: [String]) -> Int32 {
        switch error {
        case .file(let error), .folder(.file(let error)): code(error, outputs: outputs)
        case .folder(.notThere): EX_NOINPUT
        case .folder, .table, .applicant, .examples, .notFinite: EX_DATAERR
        case .configuration, .otherTables: EX_CONFIG
        case .cancelled: 130
        }
    }

    private static func code(_ error: IntentionHabitError, outputs: [String]) -> Int32 {
        switch error {
        case .file(let error), .folder(.file(let error)): code(error, outputs: outputs)
        case .folder(.notThere): EX_NOINPUT
        case .folder, .table, .applicant, .examples, .notFinite: EX_DATAERR
        case .vocabulary, .badSetting, .otherProfile: EX_CONFIG
        case .cancelled: 130
        }
    }

    private static func code(_ error: StageDistillationError, outputs: [String]) -> Int32 {
        switch error {
        case .file(let error), .folder(.file(let error)): code(error, outputs: outputs)
        case .folder(.notThere): EX_NOINPUT
        case .folder, .table, .applicant, .examples, .otherCustomers, .notFinite: EX_DATAERR
        case .badSetting, .inServiceFields, .otherFields, .otherOrder: EX_CONFIG
        case .cancelled: 130
        }
    }

    private static func code(_ error: CreditBaselineError, outputs: [String]) -> Int32 {
        switch error {
        case .table, .examples: EX_DATAERR
        case .badSetting, .otherColumns, .noContributions: EX_CONFIG
        case .trees: EX_SOFTWARE
        case .perceptron(let error): code(error, outputs: outputs)
        }
    }

    private static func code(_ error: RiskReportError, outputs: [String]) -> Int32 {
        switch error {
        case .file(let error): code(error, outputs: outputs)
        case .applicants, .card: EX_DATAERR
        case .badSetting: EX_CONFIG
        }
    }
}
