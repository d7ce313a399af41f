stopwater key new seal
