extension MappingText {
    /// What the notice says besides where there are applicants.
    static let creditNotice = """
        credit/                    people who apply for loans; SYNTHETIC like the rest, and apart from visitors and customers (times as above, empty
                                   cells are missing values). Every loan is granted.
          applicants.csv           applicant_id, decision_time_ms; the person: age, income (a month), job_years, education, residence, city_tier,
                                   dependants, customer_months; the device: device_system, device_price, device_age_months; the product: product,
                                   amount, term_months, channel
          behaviours.csv           applicant_id, time_ms, code, category (itemClick, transformOperation, functionWidget), amount (of
                                   transform operations): what was done in the app in the months before the decision, by applicant and time
          operations.csv           code, operation, category: which codes are the same operation (all widgets are one)
          bureau.csv               applicant_id, time_ms, kind (query, loan), lender, and of loans amount, term_months, balance (0 where paid
                                   off, missing where not reported): all before the decision
          statements.csv           applicant_id, time_ms (end of the month), limit, balance, due, paid: at most twelve months before the decision
          loans.csv                applicant_id, granted_time_ms, amount, term_months: what was granted
          service.csv              applicant_id, time_ms, operation, amount, balance: seen after the grant, before horizon_start_ms. No model
                                   that decides can have it
          outcomes.csv             applicant_id, horizon_start_ms, known_time_ms, overdue (by 30 days or more between these two)
          old_applicants.csv       the columns of applicants.csv for people of former days, of whom no behaviour was kept
          old_outcomes.csv         the columns of outcomes.csv for them
          framework.yaml, huihen.yaml, mgkd.yaml
                                   what `tessera credit train` reads of these files, one for each kind of model
        truth/credit.csv           applicant_id, and the probability of falling overdue by the simulator's own model: given_everything (in
                                   these files), given_pre_service (profile, app, bureau, statements), given_app (profile and app),
                                   given_profile; then the signals that count, standardised (mean 0, deviation 1, 0 where nothing shows it):
                                   hesitation, productHabit, intention, routine, monthEnd, weekend, order, amounts, refusedQueries,
                                   missingBalances, utilisation, foretelling, service. Old applicants have given_profile only. What each
                                   signal is, and that all of them are planted: CreditAssumptions and CreditSignal in the library's
                                   documentation; strengths: credit in configuration.json.

        """
}
