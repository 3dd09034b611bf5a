internal import CreditRisk
internal import Studies

extension CreditBank {
    /// Teacher and students of the stage distillation, on the latest of those who may teach.
    func addStages(prefix: String = "", to book: inout ScoreBook) throws {
        let table = try counted()
        let taught = Array(training.suffix(settings.stageApplicants))
        let encoding = CreditEncoding(table.selecting(taught))
        let stages = try export.stages(table)
        func examples(_ rows: [Int]) throws -> InServiceExamples { try export.stageExamples(stages, of: rows, table, encoding) }
        let start = FigureContext.now()
        var last = start
        let found = try StageStudy.probabilities(
            training: examples(taught), validation: examples(validation), test: examples(test), settings.stage, seeds: [seed], pool: pool
        ) { variant, _ in
            FigureContext.say("stages: \(variant.rawValue) begins after \(Int(FigureContext.now() - last)) s")
            last = FigureContext.now()
            return true
        }
        for variant in StageStudy.Variant.allCases {
            guard let scores = found[variant]?.first else { continue }
            try book.add("\(prefix)MGKD: \(variant.rawValue)", scores, outcomes(test), customers(test))
        }
    }

    /// Profile and what is counted in the app, as one table.
    func counted() throws -> CreditTable {
        let app = HandMade.app(behaviours, decisions: export.decisions, try BehaviourVocabulary(export.operations))
        return try CreditTable(
            customers: export.applicants.customers, outcomes: export.applicants.outcomes, columns: export.applicants.columns + app)
    }
}

enum StageRows {
    static let notShown = "not shown: "

    /// Teacher and distillation where the service shows one column of the app and else only what is new.
    static func notShown(_ book: ScoreBook) throws -> [String: FigureValue] {
        func name(_ variant: StageStudy.Variant) -> String { "\(notShown)MGKD: \(variant.rawValue)" }
        return [
            "MGKD_not_shown_teacher": try book.row(
                "a teacher against a plain student; the service shows nothing of what disposes an applicant (credit.shown: 0)",
                name(.teacher), name(.plain)),
            "MGKD_not_shown_student": try book.row("a distilled student against a plain one, there", name(.distilled), name(.plain)),
        ]
    }

    static func rows(_ book: ScoreBook) throws -> [String: FigureValue] {
        var rows: [String: FigureValue] = [:]
        let before = "truth: given_pre_service"
        func name(_ variant: StageStudy.Variant) -> String { "MGKD: \(variant.rawValue)" }
        rows["MGKD_teacher"] = try book.row(
            "a teacher that reads the service against a student without distillation", name(.teacher), name(.plain),
            bound: "truth: given_everything")
        rows["MGKD_student"] = try book.row(
            "a distilled student against one without", name(.distilled), name(.plain), bound: before)
        let removals: [(StageStudy.Variant, String)] = [
            (.withoutSoftLabels, "soft labels"), (.withoutCoarseGrain, "the coarse grain"), (.withoutFineGrain, "the fine grain"),
            (.withoutEventGrain, "the fine grain record by record"), (.withoutSelf, "self distillation"),
            (.withoutReweighting, "re-weighting"),
        ]
        for (variant, what) in removals where book.runs[name(variant)] != nil {
            rows["MGKD_\(variant.rawValue)"] = try book.row(
                "all of the distillation against the same without \(what)", name(.distilled), name(variant), bound: before)
        }
        return rows
    }
}
