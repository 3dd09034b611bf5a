/// Configurations under which `tessera credit train` reads the applicants' files, one for each preset.
enum CreditSettingsText {
    private static let applicants = """
        applicants:
          key: applicant_id
          decision: decision_time_ms
          unit: ms
          outcome: overdue
          outcomeTime: known_time_ms
          categorical: [education, residence, device_system, product, channel]
          numeric: [age, income, job_years, city_tier, dependants, customer_months, device_price, device_age_months, amount, term_months]

        """
    private static let foretells = "foretells: overdue by 30 days or more in the 180 days after the first 90 (SYNTHETIC applicants)\n"
    private static let behaviours =
        "  - {name: app, key: applicant_id, time: time_ms, unit: ms, categorical: [code, category], numeric: [amount]}\n"
    private static let bureau =
        "  - {name: bureau, key: applicant_id, time: time_ms, unit: ms, categorical: [kind, lender], "
        + "numeric: [amount, term_months, balance]}\n"
    private static let statements =
        "  - {name: statements, key: applicant_id, time: time_ms, unit: ms, numeric: [limit, balance, due, paid]}\n"

    /// Any tables: app, bureau and statements at once.
    static let framework =
        """
        # The unified framework of time series on the SYNTHETIC bank's applicants: tessera credit train framework.yaml --out credit.model
        preset: framework

        """ + foretells + """
            files:
              applicants: applicants.csv
              outcomes: outcomes.csv
              app: behaviours.csv
              bureau: bureau.csv
              statements: statements.csv

            """ + applicants + "tables:\n" + behaviours + bureau + statements + """
            histories:
              - {tables: [app], pause: 3600, items: 50, records: 25}   # sessions of behaviours
              - {tables: [bureau]}
              - {tables: [statements]}

            """

    /// The network of intentions and habits: behaviours in the app, applicants of former days, and rules that merge codes.
    static let huihen =
        """
        # Intentions and habits (HUIHEN) on the SYNTHETIC bank's applicants: tessera credit train huihen.yaml --out credit.model
        preset: huihen

        """ + foretells + """
            files:
              applicants: applicants.csv
              outcomes: outcomes.csv
              app: behaviours.csv
              operations: operations.csv
              oldApplicants: old_applicants.csv
              oldOutcomes: old_outcomes.csv

            """ + applicants + "tables:\n" + behaviours + """
            behaviours: {table: app, code: code, category: category, amount: amount}
            groups:
              device: [device_system, device_price, device_age_months]
              item: [product, amount, term_months, channel]

            """

    /// Stage distillation: teachers read the service, the student does not.
    static let mgkd =
        """
        # Stage distillation (MGKD) on the SYNTHETIC bank's applicants: tessera credit train mgkd.yaml --out credit.model
        preset: mgkd

        """ + foretells + """
            files:
              applicants: applicants.csv
              outcomes: outcomes.csv
              bureau: bureau.csv
              statements: statements.csv
              service: service.csv
              loans: loans.csv

            """ + applicants + "tables:\n" + bureau + statements + """
              - {name: service, key: applicant_id, time: time_ms, unit: ms, categorical: [operation], numeric: [amount, balance]}
              - {name: loans, key: applicant_id, time: granted_time_ms, unit: ms, numeric: [amount, term_months]}
            stages: {service: [service], granted: loans, closes: 90, outcomesFrom: 90}

            """
}
