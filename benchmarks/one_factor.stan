// The model `one_factor` of models/, as one would write it in Stan: the same priors, the same
// empirical logits with known variances, the factor of every authority sampled.
//
// The factor has standard deviation 1 and the loadings carry the scale (the non-centred form).
// There is no other with the same priors: each indicator has a loading of its own. An
// indicator's own effect and its sampling error are both normal and appear in its cell alone,
// so that their variances are added; nobody would sample 3,366 more unknowns for that. The
// regions' effects are non-centred because nine regions of some fifteen judgements each say
// little about them.
data {
  int<lower=1> authorities;
  int<lower=1> indicators;
  int<lower=1> cells;
  int<lower=1> regions;
  int<lower=1> judgements;
  array[cells] int<lower=1> indicator;
  array[cells] int<lower=1> authority;
  vector[cells] y;
  vector<lower=0>[cells] variance;
  vector[authorities] deprivation;
  array[judgements] int<lower=1> judged;
  array[judgements] int<lower=1, upper=4> grade;
  array[judgements] int<lower=1> region;
  vector[judgements] years;
  real<lower=0> level_scale;
  real<lower=0> slope_scale;
  real<lower=0> loading_scale;
  real<lower=0> own_scale;
  real<lower=0> concentration;
  real first_mean;
  real<lower=0> first_scale;
  real<lower=0> gap_scale;
  real<lower=0> drift_scale;
  real<lower=0> region_scale;
  real<lower=0> judgement_scale;
}
parameters {
  vector[indicators] level;
  vector[indicators] deprivation_slope;
  vector<lower=0>[indicators] own_sd;
  vector<lower=0>[indicators] loading;
  vector[authorities] theta;
  real<lower=0, upper=1> link_share;
  real first_cutpoint;
  vector<lower=0>[2] cutpoint_gap;
  real<lower=0> region_sd;
  vector[regions] region_z;
  real judgement_deprivation;
  real drift;
}
transformed parameters {
  real rho = 2 * link_share - 1;
  vector[3] cutpoints;
  cutpoints[1] = first_cutpoint;
  cutpoints[2] = first_cutpoint + cutpoint_gap[1];
  cutpoints[3] = cutpoints[2] + cutpoint_gap[2];
}
model {
  level ~ normal(0, level_scale);
  deprivation_slope ~ normal(0, slope_scale);
  own_sd ~ normal(0, own_scale);
  loading ~ normal(0, loading_scale);
  theta ~ std_normal();
  link_share ~ beta(concentration, concentration);
  first_cutpoint ~ normal(first_mean, first_scale);
  cutpoint_gap ~ normal(0, gap_scale);
  region_sd ~ normal(0, region_scale);
  region_z ~ std_normal();
  judgement_deprivation ~ normal(0, judgement_scale);
  drift ~ normal(0, drift_scale);

  y ~ normal(level[indicator] + deprivation_slope[indicator] .* deprivation[authority]
             + loading[indicator] .* theta[authority],
             sqrt(square(own_sd[indicator]) + variance));
  {
    real spread = sqrt(1 - square(rho));
    vector[judgements] centre = drift * years + judgement_deprivation * deprivation[judged]
                                + region_sd * region_z[region] + rho * theta[judged];
    grade ~ ordered_probit(centre / spread, cutpoints / spread);
  }
}
