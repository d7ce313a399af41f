stopwater\.toml:2: no setting is called 'scan\.hom'; did you mean 'scan\.home'\?
