"""Arrays and a model in, numbers with errors out. Import from the modules:

model          Model, Parameter: an equation with its start values, bounds and derivatives
least_squares  fit -> Fit: least squares on scipy and lmfit, errors and status in words
intervals      profile_interval, profile, band
resample       bootstrap -> Samples
posterior      posterior -> Samples, by emcee
selection      compare -> Selection, by AICc
robust         robust_fit -> RobustFit, outliers named
trend          line, polynomial -> Trend, errors in both axes
cells          shared_slope -> SharedSlope, several cells with one slope
propagate      propagate, monte_carlo: errors of derived quantities

Importing them is cheap: emcee and lmfit are loaded by the first chain or fit that needs them.
"""
