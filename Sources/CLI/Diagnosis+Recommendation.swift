internal import DurableFiles
internal import EventStream
internal import Glibc
internal import Recommendation

/// Exit codes of what reads the app's tables.
extension Diagnosis {
    static func code(_ error: TableError, outputs: [String]) -> Int32 {
        switch error {
        case .file(let error): code(error, outputs: outputs)
        case .input(let error): code(error)
        case .badHeader, .badRule: EX_CONFIG
        case .badRow, .nothingRead: EX_DATAERR
        }
    }

    static func code(_ error: LinkingError) -> Int32 {
        switch error {
        case .noCustomers, .noTimes: EX_DATAERR
        case .keyNeeded, .badSetting: EX_CONFIG
        case .leak: EX_SOFTWARE
        }
    }

    static func code(_ error: RankingError, outputs: [String]) -> Int32 {
        switch error {
        case .file(let error), .folder(.file(let error)): code(error, outputs: outputs)
        case .folder(.notThere): EX_NOINPUT
        case .folder: EX_DATAERR
        case .badSetting, .otherFeatures: EX_CONFIG
        case .wrongSize, .badElement, .tooFew, .notFinite: EX_DATAERR
        case .trees: EX_SOFTWARE
        case .cancelled: 130
        }
    }

    static func code(_ error: ConversionError, outputs: [String]) -> Int32 {
        switch error {
        case .file(let error), .folder(.file(let error)): code(error, outputs: outputs)
        case .folder(.notThere): EX_NOINPUT
        case .folder: EX_DATAERR
        case .badSetting, .otherColumns: EX_CONFIG
        case .wrongSize, .badRow, .tooFewCustomers, .censored: EX_DATAERR
        case .trees: EX_SOFTWARE
        case .cancelled: 130
        }
    }
}
