internal import Audit
internal import Glibc

extension Diagnosis {
    static func code(_ error: LedgerError) -> Int32 {
        switch error.kind {
        case .notThere: EX_NOINPUT
        case .occupied: EX_CANTCREAT
        case .notALedger, .newerVersion, .damaged, .erased, .notStored, .tooLarge: EX_DATAERR
        case .busy: EX_TEMPFAIL
        case .diskFull, .inputOutput: EX_IOERR
        case .readOnly, .appendOnly: EX_NOPERM
        case .wrongKey, .noKey, .unreadableKey: EX_CONFIG
        case .closed: EX_SOFTWARE
        }
    }
}
