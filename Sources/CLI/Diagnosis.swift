internal import ArrowExchange
internal import Audit
internal import ChatEndpoint
internal import DurableFiles
internal import EventStream
internal import Glibc
internal import IntentTaxonomy
internal import Recommendation
internal import SequenceEmbedding
internal import SequenceKernel
internal import SettingsFiles
internal import Studies
internal import SyntheticBank

/// How an error becomes an exit code and a text: the only file that knows both sides. Libraries know nothing of exit codes.
struct Diagnosis {
    let code: Int32
    let text: String

    init(_ code: Int32, _ text: String) {
        self.code = code
        self.text = text
    }

    /// `outputs` are the paths the command was to write, so that trouble with them is told from trouble with an input.
    init(_ error: any Error, outputs: [String] = []) {
        switch error {
        case let error as Interrupted: self.init(130, "interrupted; \(error.remedy)")
        case let error as CommandFault: self.init(error.code, error.description)
        case let error as OutputError: self.init(EX_IOERR, "standard output: \(error.reason); free some space or mend the pipe")
        case let error as SettingsFileError: self.init(EX_CONFIG, Self.text(error))
        case let error as ConfigurationError: self.init(EX_CONFIG, "\(error)")
        case let error as ExportError: self.init(Self.code(error), "\(error)")
        case let error as ArrowError: self.init(Self.code(error, outputs: outputs), "\(error)")
        case let error as ImportError: self.init(Self.code(error, outputs: outputs), "\(error)")
        case let error as Pretraining.Failure: self.init(Self.code(error, outputs: outputs), "\(error)")
        case let error as FileError: self.init(Self.code(error, outputs: outputs), "\(error)")
        case let error as CorpusError: self.init(Self.code(error, outputs: outputs), "\(error)")
        case let error as ModelError: self.init(Self.code(error, outputs: outputs), "\(error)")
        case let error as EncodingMismatch: self.init(EX_CONFIG, "\(error)")
        case let error as CheckpointError: self.init(Self.code(error, outputs: outputs), "\(error)")
        case let error as TrainingError: self.init(EX_DATAERR, "\(error)")
        case let error as StudyError: self.init(Self.code(error, outputs: outputs), "\(error)")
        case let error as TaxonomyError: self.init(EX_DATAERR, "\(error)")
        case let error as LabelError: self.init(Self.code(error, outputs: outputs), "\(error)")
        case let error as IntentTrainingError: self.init(Self.code(error, outputs: outputs), "\(error)")
        case let error as IntentClassifierError: self.init(Self.code(error, outputs: outputs), "\(error)")
        case let error as PurposeError: self.init(Self.code(error, outputs: outputs), "\(error)")
        case let error as TableError: self.init(Self.code(error, outputs: outputs), "\(error)")
        case let error as LinkingError: self.init(Self.code(error), "\(error)")
        case let error as RankingError: self.init(Self.code(error, outputs: outputs), "\(error)")
        case let error as ConversionError: self.init(Self.code(error, outputs: outputs), "\(error)")
        case let error as ChatError: self.init(Self.code(error, outputs: outputs), "\(error)")
        case let error as EndpointFault: self.init(EX_CONFIG, "\(error)")
        case let error as BenchmarkWorkload.Fault: self.init(EX_DATAERR, error.description)
        case let error as ReviewError: self.init(Self.code(error, outputs: outputs), "\(error)")
        case let error as SimulationError: self.init(Self.code(error, outputs: outputs), "\(error)")
        default:
            if let known = Self.credit(error, outputs: outputs) ?? Self.audit(error) {
                self = known
                return
            }
            self.init(EX_SOFTWARE, "\(error) (\(type(of: error)): not expected here; please report it)")
        }
    }

    static func code(_ error: ExportError) -> Int32 {
        switch error.kind {
        case .noInput: EX_NOINPUT
        case .noOutput: EX_CANTCREAT
        case .inputOutput: EX_IOERR
        case .badData, .empty: EX_DATAERR
        case .badMapping, .ambiguous: EX_CONFIG
        case .missingPlugin: EX_UNAVAILABLE
        }
    }

    private static func code(_ error: ArrowError, outputs: [String]) -> Int32 {
        switch error {
        case .missingPlugin, .foreignPlugin: EX_UNAVAILABLE
        case .file(let error): code(error, outputs: outputs)
        case .noInput: EX_NOINPUT
        case .damaged, .unsupported: EX_DATAERR
        case .noColumn: EX_CONFIG
        case .output: EX_IOERR
        case .stopped: 130
        }
    }

    static func code(_ error: FileError, outputs: [String]) -> Int32 {
        if error.isBusy { return EX_TEMPFAIL }
        let folder = FileSystem.folder(of: error.path)
        let hidden = FileSystem.name(of: error.path).hasPrefix(".")
        let isOutput = outputs.contains { output in
            error.path.hasPrefix(output) || error.path == FileSystem.folder(of: output)
                || (hidden && folder == FileSystem.folder(of: output))  // locks and drafts stand beside their output
        }
        switch error.operation {
        case .open, .inspect, .list, .map, .lock:
            if isOutput { return EX_CANTCREAT }
            return error.isMissing || error.isDirectory || error.isForbidden ? EX_NOINPUT : EX_IOERR
        case .rename, .makeDirectory: return error.isDiskFull ? EX_IOERR : EX_CANTCREAT
        case .read: return error.isDirectory && !isOutput ? EX_NOINPUT : EX_IOERR
        case .write, .sync, .close, .remove: return EX_IOERR
        }
    }

    private static func code(_ error: ImportError, outputs: [String]) -> Int32 {
        switch error {
        case .export(let error): code(error)
        case .file(let error): code(error, outputs: outputs)
        case .settings: EX_CONFIG
        case .tooManyValues, .noEvents: EX_DATAERR
        case .cancelled: 130
        }
    }

    private static func code(_ error: Pretraining.Failure, outputs: [String]) -> Int32 {
        switch error {
        case .configuration, .shape: EX_CONFIG
        case .noSessions, .training: EX_DATAERR
        case .checkpoint(let error): code(error, outputs: outputs)
        case .file(let error): code(error, outputs: outputs)
        }
    }

    private static func code(_ error: CorpusError, outputs: [String]) -> Int32 {
        switch error {
        case .file(let error): code(error, outputs: outputs)
        case .notACorpus: EX_NOINPUT
        case .unsupportedVersion, .damaged: EX_DATAERR
        }
    }

    private static func code(_ error: ModelError, outputs: [String]) -> Int32 {
        switch error {
        case .file(let error), .tensors(_, .file(let error)): code(error, outputs: outputs)
        case .notAModel: EX_NOINPUT
        case .unsupportedVersion, .damaged, .parametersDiffer, .tensors: EX_DATAERR
        }
    }

    private static func code(_ error: CheckpointError, outputs: [String]) -> Int32 {
        switch error {
        case .unreadable(_, .file(let error)): code(error, outputs: outputs)
        case .configurationDiffers, .parametersDiffer: EX_CONFIG
        case .notACheckpoint, .unsupportedVersion, .damaged, .unreadable: EX_DATAERR
        }
    }

    private static func code(_ error: StudyError, outputs: [String]) -> Int32 {
        switch error {
        case .file(let error): code(error, outputs: outputs)
        case .badTruth, .tooLittle, .badStudy, .badTable: EX_DATAERR
        case .noSuchField, .wrongModel, .otherStudy: EX_CONFIG
        case .missingFile: EX_USAGE
        case .trees: EX_SOFTWARE
        }
    }

    private static func code(_ error: LabelError, outputs: [String]) -> Int32 {
        switch error {
        case .file(let error): code(error, outputs: outputs)
        case .input(let error): code(error)
        case .notALabelSet: EX_NOINPUT
        case .badHeader, .unknownForm: EX_CONFIG
        case .taxonomyDiffers, .otherCorpus: EX_CONFIG
        case .damaged, .unsupportedVersion, .nothingLabelled, .nothingToTrain: EX_DATAERR
        case .noSuchIntent, .noSuchAnnotator: EX_USAGE
        }
    }

    private static func code(_ error: IntentTrainingError, outputs: [String]) -> Int32 {
        switch error {
        case .distillation(.badSetting), .configuration: EX_CONFIG
        case .distillation(.cancelled): 130
        case .distillation: EX_DATAERR
        case .classifier(let error): code(error, outputs: outputs)
        }
    }

    private static func code(_ error: IntentClassifierError, outputs: [String]) -> Int32 {
        switch error {
        case .file(let error), .folder(.file(let error)): code(error, outputs: outputs)
        case .folder(.notThere): EX_NOINPUT
        case .folder, .suspensions: EX_DATAERR
        case .otherEncoder, .otherTaxonomy, .facts: EX_CONFIG
        case .unapproved: EX_NOPERM
        }
    }

    private static func code(_ error: ChatError, outputs: [String]) -> Int32 {
        switch error {
        case .file(let error): code(error, outputs: outputs)
        case .interrupted: 130
        case .timedOut, .budgetSpent, .awaiting: EX_TEMPFAIL
        case .unreachable: EX_UNAVAILABLE
        case .status(_, let code, _): [400, 401, 403, 404, 422].contains(code) ? EX_CONFIG : EX_TEMPFAIL
        case .notAnEndpoint: EX_CONFIG
        case .staleAnswer, .refused: EX_DATAERR
        }
    }

    private static func code(_ error: SimulationError, outputs: [String]) -> Int32 {
        switch error {
        case .badConfiguration: EX_USAGE
        case .folderNotEmpty: EX_CANTCREAT
        case .file(let error): code(error, outputs: outputs)
        case .stopped: 130
        }
    }

    private static func text(_ error: SettingsFileError) -> String {
        switch error {
        case .unreadable(let file, let reason): "\(file): \(reason); name a YAML file that can be read"
        case .malformed(let file, let line, let reason): "\(file):\(line): not YAML: \(reason); mend this line"
        case .unknownKey(let file, let line, let key, let known):
            "\(file):\(line): unknown key `\(key)`; known here are \(known.joined(separator: ", "))"
        case .missingKey(let file, let line, let key): "\(file):\(line): the key `\(key)` is missing; add it"
        case .badValue(let file, let line, let key, let reason): "\(file):\(line): `\(key)`: \(reason); change this value"
        case .refused(let file, let line, let reason): "\(file):\(line): \(reason)"
        }
    }
}

/// What a command itself refuses.
struct CommandFault: Error, CustomStringConvertible {
    let code: Int32
    let place: String
    let reason: String
    let remedy: String

    var description: String { "\(place): \(reason); \(remedy)" }
}
